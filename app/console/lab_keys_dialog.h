#pragma once

#include <QDialog>

namespace console {

class LabRunner;

/// Root tokens and unseal keys of the lab, which a promotion needs. Each is hidden until the operator shows it.
class LabKeysDialog final : public QDialog {
    Q_OBJECT

public:
    LabKeysDialog(const LabRunner& runner, QWidget* parent);
};

} // namespace console
