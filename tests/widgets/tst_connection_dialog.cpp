#include "tests/widgets/sample_fleet.h"
#include "widgets/dialogs/connection_dialog.h"
#include "widgets/look/theme.h"

#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace widgets;

class TestConnectionDialog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { delete m_dialog; }
    void takesAnAddressAndNothingElse_data();
    void takesAnAddressAndNothingElse();
    void addsOnlyWhatWasAsked();
    void saysThatSomethingElseAnswers();
    void theTokenIsReachedByTabAndMasked();

private:
    template<class T>
    T& part(const QString& name)
    {
        return *m_dialog->findChild<T*>(name);
    }
    bool says(const QString& text);

    std::unique_ptr<tests::SampleFleet> m_sample;
    QPointer<ConnectionDialog> m_dialog;
};

void TestConnectionDialog::init()
{
    Theme::instance().apply(ThemeChoice::Light);
    m_sample = std::make_unique<tests::SampleFleet>();
    m_dialog = new ConnectionDialog{m_sample->model, *m_sample->store, {}, nullptr};
    m_dialog->setAttribute(Qt::WA_DeleteOnClose, false);
    m_dialog->show();
    QVERIFY(QTest::qWaitForWindowActive(m_dialog));
}

bool TestConnectionDialog::says(const QString& text)
{
    const auto labels = m_dialog->findChildren<QLabel*>();
    return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) { return label->text().contains(text); });
}

/// An address is stored without encryption, shown, logged and put into commands. So it has only scheme, host and port: no
/// password, no query, no fragment, no path.
void TestConnectionDialog::takesAnAddressAndNothingElse_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<bool>("isTaken");
    QTest::newRow("https") << u"https://vault.example:8200"_s << true;
    QTest::newRow("a slash at the end") << u"https://vault.example:8200/"_s << true;
    QTest::newRow("IPv6") << u"https://[2001:db8::1]:8200"_s << true;
    QTest::newRow("password") << u"https://ann:secret@vault.example:8200"_s << false;
    QTest::newRow("user") << u"https://ann@vault.example:8200"_s << false;
    QTest::newRow("query") << u"https://vault.example:8200/?a=b"_s << false;
    QTest::newRow("fragment") << u"https://vault.example:8200/#a"_s << false;
    QTest::newRow("path") << u"https://vault.example:8200/v1"_s << false;
    QTest::newRow("another scheme") << u"ftp://vault.example"_s << false;
    QTest::newRow("no host") << u"https://"_s << false;
    QTest::newRow("a command") << u"https://vault.example;id"_s << false;
}

void TestConnectionDialog::takesAnAddressAndNothingElse()
{
    QFETCH(QString, address);
    QTest::keyClicks(&part<QLineEdit>(u"connectionAddress"_s), address);
    QTEST(part<QPushButton>(u"connectionSave"_s).isEnabled(), "isTaken");
    QTEST(part<QPushButton>(u"connectionTest"_s).isEnabled(), "isTaken");
}

void TestConnectionDialog::addsOnlyWhatWasAsked()
{
    m_sample->fake.add(u"new"_s).isReachable = false;
    const auto before = m_sample->model.connections().size();
    QTest::keyClicks(&part<QLineEdit>(u"connectionAddress"_s), u"https://vault.new.example:8200"_s);
    QTest::keyClicks(&part<QLineEdit>(u"connectionName"_s), u"new"_s);
    auto& save = part<QPushButton>(u"connectionSave"_s);
    QCOMPARE(save.text(), u"Add"_s);
    QTest::mouseClick(&save, Qt::LeftButton);
    QTRY_COMPARE(save.text(), u"Add anyway"_s);
    QCOMPARE(m_sample->model.connections().size(), before);
    QTest::mouseClick(&save, Qt::LeftButton); // the cluster may be away for a moment
    QCOMPARE(m_sample->model.connections().size(), before + 1);
}

void TestConnectionDialog::saysThatSomethingElseAnswers()
{
    m_sample->fake.add(u"new"_s).health = QJsonObject{{u"status"_s, u"ok"_s}};
    QTest::keyClicks(&part<QLineEdit>(u"connectionAddress"_s), u"https://vault.new.example:8200"_s);
    QTest::mouseClick(&part<QPushButton>(u"connectionTest"_s), Qt::LeftButton);
    QTRY_VERIFY(says(u"answers, but is no Vault (HTTP 200)"_s));
}

/// Tab must leave the certificate's field and its button. It once went back and forth between them, so a user who typed without
/// looking typed the token, visibly, into the certificate's field.
void TestConnectionDialog::theTokenIsReachedByTabAndMasked()
{
    auto& address = part<QLineEdit>(u"connectionAddress"_s);
    address.setFocus();
    QStringList way;
    for (int i = 0; i < 20 && m_dialog->focusWidget(); ++i) {
        way << m_dialog->focusWidget()->objectName();
        if (way.last() == "connectionToken"_L1) break;
        QTest::keyClick(m_dialog->focusWidget(), Qt::Key_Tab);
    }
    QCOMPARE(way, (QStringList{u"connectionAddress"_s, u"connectionName"_s, u"connectionCa"_s, u"connectionBrowse"_s, u"connectionToken"_s}));
    QTest::keyClicks(m_dialog->focusWidget(), u"hvs.secret"_s);
    QCOMPARE(part<QLineEdit>(u"connectionToken"_s).text(), u"hvs.secret"_s);
    QCOMPARE(part<QLineEdit>(u"connectionToken"_s).echoMode(), QLineEdit::Password);
    QVERIFY(part<QLineEdit>(u"connectionCa"_s).text().isEmpty());
}

QTEST_MAIN(TestConnectionDialog)
#include "tst_connection_dialog.moc"
