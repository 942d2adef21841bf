#include "widgets/dialogs/connection_dialog.h"

#include "widgets/client/cluster_status.h"
#include "widgets/client/requests.h"
#include "widgets/look/error_text.h"
#include "widgets/look/theme.h"
#include "widgets/model/connection_store.h"
#include "widgets/model/fleet_model.h"
#include "widgets/wizard/frame/page_parts.h"

#include <QCheckBox>
#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSslCertificate>
#include <QStyle>
#include <QUuid>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

ConnectionDialog::ConnectionDialog(FleetModel& fleet, ConnectionStore& store, const QString& id, QWidget* parent)
    : QDialog{parent}
    , m_fleet{fleet}
    , m_store{store}
{
    setObjectName(u"connectionDialog"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setModal(true);
    resize(620, 560);
    if (const auto* node = fleet.state().node(id)) m_before = node->connection;
    setWindowTitle(m_before.id.isEmpty() ? tr("Add connection") : tr("Edit connection"));
    m_caPem = m_before.caPem;

    auto* heading = makeText(windowTitle(), {}, this);
    heading->setFont(Theme::font(20, QFont::DemiBold));
    auto* form = new FormGrid{this};
    m_address = addEdit(*form, tr("&Address"), u"connectionAddress"_s, u"Address"_s, u"https://vault.example:8200"_s);
    m_name = addEdit(*form, tr("&Name"), u"connectionName"_s, u"Name"_s, tr("your name for the cluster"));
    m_caFile = new QLineEdit{this};
    m_caFile->setObjectName(u"connectionCa"_s);
    m_caFile->setAccessibleName(u"Certificate file"_s);
    m_caFile->setPlaceholderText(tr("trust only this file; empty: the system's certificates"));
    auto* browse = new QPushButton{tr("Choose…"), this};
    browse->setObjectName(u"connectionBrowse"_s);
    browse->setAccessibleName(u"Choose certificate file"_s);
    browse->setAutoDefault(false);
    auto* certificate = new QWidget{this};
    auto* certificateRow = new QHBoxLayout{certificate};
    certificateRow->setContentsMargins(0, 0, 0, 0);
    certificateRow->addWidget(m_caFile, 1);
    certificateRow->addWidget(browse);
    form->addRow(tr("&Certificate (PEM)"), certificate, m_caFile);
    m_token = addEdit(*form, tr("&Token"), u"connectionToken"_s, u"Token"_s,
                      m_before.id.isEmpty() ? tr("optional; without a token the console only watches") : tr("unchanged"));
    m_token->setEchoMode(QLineEdit::Password);
    m_group = addEdit(*form, tr("&Group"), u"connectionGroup"_s, u"Group"_s, tr("such as Production"));
    m_location = addEdit(*form, tr("&Place"), u"connectionLocation"_s, u"Place"_s, tr("such as Frankfurt; one frame shows the clusters of a place"));
    m_production = new QCheckBox{tr("A production cluster: mark it PROD everywhere"), this};
    m_production->setObjectName(u"connectionProduction"_s);
    m_production->setAccessibleName(u"Production cluster"_s);
    m_remember = new QCheckBox{tr("Store the token in the system's keychain"), this};
    m_remember->setObjectName(u"connectionRemember"_s);
    m_remember->setAccessibleName(u"Keep the token in the keychain"_s);
    m_keychain = makeText({}, u"dim"_s, this);
    m_keychain->setFont(Theme::font(12));
    m_result = makeText({}, {}, this);

    m_test = new QPushButton{tr("Test connection"), this};
    m_test->setObjectName(u"connectionTest"_s);
    m_test->setAccessibleName(u"Test connection"_s);
    m_test->setAutoDefault(false);
    auto* cancel = new QPushButton{tr("Cancel"), this};
    cancel->setObjectName(u"connectionCancel"_s);
    cancel->setAccessibleName(u"Cancel"_s);
    cancel->setAutoDefault(false);
    m_save = new QPushButton{m_before.id.isEmpty() ? tr("Add") : tr("Save"), this};
    m_save->setObjectName(u"connectionSave"_s);
    m_save->setAccessibleName(u"Save connection"_s);
    m_save->setProperty("kind", u"accent"_s);
    m_save->setDefault(true);

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(cancel);
    buttons->addStretch(1);
    buttons->addWidget(m_test);
    buttons->addWidget(m_save);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(32, 28, 32, 20);
    layout->setSpacing(12);
    layout->addWidget(heading);
    layout->addWidget(form);
    layout->addWidget(m_production);
    layout->addWidget(m_remember);
    layout->addWidget(m_keychain);
    layout->addWidget(m_result);
    layout->addStretch(1);
    layout->addLayout(buttons);

    m_name->setText(m_before.name);
    m_address->setText(m_before.address.toString());
    m_caFile->setText(m_before.caFile);
    m_group->setText(m_before.group);
    m_location->setText(m_before.location);
    m_production->setChecked(m_before.isProduction);

    for (auto* edit : {m_address, m_caFile, m_token}) connect(edit, &QLineEdit::textChanged, this, &ConnectionDialog::refresh);
    connect(m_test, &QPushButton::clicked, this, &ConnectionDialog::probe);
    connect(m_save, &QPushButton::clicked, this, &ConnectionDialog::accept);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(browse, &QPushButton::clicked, this, [this] {
        auto* files = new QFileDialog{this, tr("Choose the certificate"), m_caFile->text(), tr("Certificates (*.pem *.crt *.cer);;All files (*)")};
        files->setAttribute(Qt::WA_DeleteOnClose);
        connect(files, &QFileDialog::fileSelected, m_caFile, &QLineEdit::setText);
        files->open();
    });
    connect(&store, &ConnectionStore::keychainChanged, this, &ConnectionDialog::showKeychain);
    showKeychain();
    refresh();
    m_address->setFocus();
}

QLineEdit* ConnectionDialog::addEdit(FormGrid& form, const QString& label, const QString& objectName, const QString& name, const QString& placeholder)
{
    auto* edit = new QLineEdit{this};
    edit->setObjectName(objectName);
    edit->setAccessibleName(name);
    edit->setPlaceholderText(placeholder);
    form.addRow(label, edit);
    return edit;
}

void ConnectionDialog::showKeychain()
{
    const bool isAvailable = m_store.keychain() == ConnectionStore::Keychain::Available;
    m_remember->setEnabled(isAvailable);
    m_remember->setChecked(isAvailable);
    if (isAvailable) m_keychain->setText(tr("Otherwise the token is kept only until the console closes."));
    else
        m_keychain->setText(
            tr("This machine has no keychain (%1). The token stays in memory until the console closes.").arg(m_store.keychainProblem()));
}

Connection ConnectionDialog::connection() const
{
    Connection made = m_before;
    if (made.id.isEmpty()) made.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    made.address = QUrl{m_address->text().trimmed(), QUrl::StrictMode};
    made.name = m_name->text().trimmed().isEmpty() ? made.address.host() : m_name->text().trimmed();
    made.caFile = m_caFile->text().trimmed();
    made.caPem = m_caPem;
    made.group = m_group->text().trimmed();
    made.location = m_location->text().trimmed();
    made.isProduction = m_production->isChecked();
    return made;
}

void ConnectionDialog::refresh()
{
    const QString typed = m_address->text().trimmed();
    const QUrl address{typed, QUrl::StrictMode};
    const QString problem = typed.isEmpty() ? QString{} : addressProblem(address);
    const bool isUsable = !typed.isEmpty() && problem.isEmpty();
    m_save->setEnabled(isUsable);
    m_test->setEnabled(isUsable);
    setTrial(Trial::None);
    if (!problem.isEmpty()) showProbe(problem, u"error"_s);
    else if (isUsable && address.scheme() == "http"_L1) showProbe(tr("Plain http: tokens and secrets travel unencrypted."), u"warn"_s);
    else showProbe({}, {});
}

void ConnectionDialog::showProbe(const QString& text, const QString& tone)
{
    m_result->setText(text);
    m_result->setProperty("tone", tone);
    m_result->style()->unpolish(m_result);
    m_result->style()->polish(m_result);
}

bool ConnectionDialog::readCertificate()
{
    const QString name = m_caFile->text().trimmed();
    if (name == m_before.caFile && !m_before.caPem.isEmpty()) return true;
    m_caPem.clear();
    if (name.isEmpty()) return true;
    QFile file{name};
    if (!file.open(QIODevice::ReadOnly)) {
        showProbe(tr("The certificate cannot be read: %1").arg(file.errorString()), u"error"_s);
        return false;
    }
    m_caPem = file.read(1 << 20);
    if (QSslCertificate::fromData(m_caPem, QSsl::Pem).isEmpty()) {
        m_caPem.clear();
        showProbe(tr("There is no certificate in this file."), u"error"_s);
        return false;
    }
    return true;
}

QString ConnectionDialog::addressProblem(const QUrl& address)
{
    if (!address.isValid() || address.host().isEmpty() || (address.scheme() != "https"_L1 && address.scheme() != "http"_L1)) {
        return tr("Write http:// or https://, a host and a port, such as https://vault.example:8200.");
    }
    // The address is shown, logged and put into commands. So it must be an address only, without a secret.
    if (!address.userInfo().isEmpty()) return tr("The address contains a user name or a password. Remove it. The token has its own field.");
    if (address.hasQuery() || address.hasFragment()) return tr("The address must end after the port. Remove everything from ? or # on.");
    if (!address.path().isEmpty() && address.path() != "/"_L1) return tr("The address must end after the port. Remove “%1”.").arg(address.path());
    return {};
}

void ConnectionDialog::setTrial(Trial trial)
{
    m_trial = trial;
    m_isSavePending = false;
    const bool isNew = m_before.id.isEmpty();
    if (trial == Trial::Failed) m_save->setText(isNew ? tr("Add anyway") : tr("Save anyway"));
    else m_save->setText(isNew ? tr("Add") : tr("Save"));
}

void ConnectionDialog::fail(const QString& text)
{
    showProbe(text, u"error"_s);
    setTrial(Trial::Failed);
}

void ConnectionDialog::pass(const QString& text)
{
    showProbe(text, u"ok"_s);
    const bool isAwaited = m_isSavePending;
    setTrial(Trial::Passed);
    if (isAwaited) accept();
}

void ConnectionDialog::probe()
{
    if (!readCertificate()) return;
    const auto made = connection();
    m_probeClient = m_fleet.makeClient(made);
    m_probeClient->setToken(core::SecretBytes::copyOf(m_token->text().toStdString()));
    showProbe(tr("Asking %1…").arg(made.address.toString()), u"dim"_s);
    m_probeClient->send(requests::health(),
                        {this, [this, made](const ApiResult& health) {
                             if (!health) return fail(ErrorText::of(health.error(), made.name));
                             if (!isVaultAnswer(health->body))
                                 return fail(tr("%1 answers, but is no Vault (HTTP %2).").arg(made.address.authority()).arg(health->status));
                             const QString version = health->body.value("version"_L1).toString();
                             if (m_name->text().isEmpty()) m_name->setText(health->body.value("cluster_name"_L1).toString());
                             if (m_token->text().isEmpty()) return pass(tr("It answers: version %1.").arg(version));
                             m_probeClient->send(requests::lookupSelf(), {this, [this, made, version](const ApiResult& token) {
                                                                              if (!token) return fail(ErrorText::of(token.error(), made.name));
                                                                              pass(tr("It answers, and accepts the token: version %1.").arg(version));
                                                                          }});
                         }});
}

void ConnectionDialog::accept()
{
    if (!readCertificate()) return;
    // The first press tests the connection. If the test fails, a second press saves it anyway.
    if (m_trial == Trial::None) {
        m_isSavePending = true;
        return probe();
    }
    const auto made = connection();
    QByteArray typed = m_token->text().toUtf8();
    auto token = core::SecretBytes::copyOf(std::string_view{typed.constData(), static_cast<std::size_t>(typed.size())});
    core::wipe(typed.data(), static_cast<std::size_t>(typed.size()));
    m_store.save(made);
    if (m_remember->isChecked() && !token.empty()) m_store.saveToken(made.id, token);
    if (m_before.id.isEmpty()) m_fleet.add(made, std::move(token));
    else {
        m_fleet.update(made);
        if (!token.empty()) m_fleet.setToken(made.id, std::move(token));
    }
    QDialog::accept();
}

} // namespace widgets
