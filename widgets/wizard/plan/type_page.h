#pragma once

#include "widgets/client/requests.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <functional>

namespace widgets {

/// Asks for the type of replication if a cluster has a role in both.
class TypePage final : public WizardPage {
    Q_OBJECT

public:
    TypePage(std::function<bool()> isNeeded, std::function<void(ReplicationType)> choose, QWidget* parent);
    bool isSkipped() const override { return !m_isNeeded(); }

private:
    const std::function<bool()> m_isNeeded;
};

} // namespace widgets
