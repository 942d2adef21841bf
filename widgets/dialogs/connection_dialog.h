#pragma once

#include "widgets/client/cluster_client.h"
#include "widgets/fleet/connection.h"

#include <QDialog>

#include <memory>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace widgets {

class ConnectionStore;
class FleetModel;

/// Adds or edits a connection: name, address, certificate, token. The token is stored in the keychain, or not at all.
class ConnectionDialog final : public QDialog {
    Q_OBJECT

public:
    /// `id` of a connection to edit; empty: a new one.
    ConnectionDialog(FleetModel& fleet, ConnectionStore& store, const QString& id, QWidget* parent);

    void accept() override;

private:
    QLineEdit* addEdit(class FormGrid& form, const QString& label, const QString& objectName, const QString& name, const QString& placeholder);
    Connection connection() const;
    void refresh();
    void showKeychain();
    /// The state of the connection test.
    enum class Trial { None, Passed, Failed };
    /// Why the address cannot be used; empty: it can be used.
    static QString addressProblem(const QUrl& address);
    void probe();
    void setTrial(Trial trial);
    void fail(const QString& text);
    void pass(const QString& text);
    void showProbe(const QString& text, const QString& tone);
    bool readCertificate();

    FleetModel& m_fleet;
    ConnectionStore& m_store;
    Connection m_before;
    QByteArray m_caPem;
    Trial m_trial = Trial::None;
    bool m_isSavePending = false; // saves as soon as the test succeeds
    std::shared_ptr<ClusterClient> m_probeClient;
    QLineEdit* m_name;
    QLineEdit* m_address;
    QLineEdit* m_caFile;
    QLineEdit* m_token;
    QLineEdit* m_group;
    QLineEdit* m_location;
    QCheckBox* m_production;
    QCheckBox* m_remember;
    QLabel* m_keychain;
    QLabel* m_result;
    QPushButton* m_test;
    QPushButton* m_save;
};

} // namespace widgets
