#pragma once

#include <QDialog>

namespace console {

class LabRunner;

/// Root tokens and unseal keys of the lab, each shown only when asked for: what a promotion needs.
class LabKeysDialog final : public QDialog {
    Q_OBJECT

public:
    LabKeysDialog(const LabRunner& runner, QWidget* parent);
};

} // namespace console
