#pragma once

#include "core/server/lab.h"

#include <QDialog>

namespace console {

/// Root tokens and unseal keys of the lab, each shown only when asked for: what a promotion needs.
class LabKeysDialog final : public QDialog {
    Q_OBJECT

public:
    LabKeysDialog(const core::server::Lab& lab, QWidget* parent);
};

} // namespace console
