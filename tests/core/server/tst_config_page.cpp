#include <QDirIterator>
#include <QRegularExpression>
#include <QSet>
#include <QtTest>

/// The class: a list that is written twice, of which one copy grows alone. Here the keys that the server reads, and the manual page that operators
/// look them up in. It could occur with each new key. What holds: both name the same keys.
class TestConfigPage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void thePageNamesEveryKey();
    void thePageNamesNoOtherKey();

private:
    using Keys = QSet<QString>;
    static QString read(const QString& path);
    static void addKeys(Keys& keys, const QString& text, const char* call);
    /// Those that are read or accepted, and, with `isAll`, those that are accepted with a warning in the log.
    static Keys keysOfTheReader(bool isAll);
    static QString page();
};

QString TestConfigPage::read(const QString& path)
{
    QFile file{path};
    if (!file.open(QIODevice::ReadOnly)) qFatal("%s cannot be read", qPrintable(path));
    return QString::fromUtf8(file.readAll());
}

/// Every key in quotes among the arguments of a call, of which each begins with the key or with a list of keys.
void TestConfigPage::addKeys(Keys& keys, const QString& text, const char* call)
{
    static const QRegularExpression key{QStringLiteral("\"([a-z0-9_]+)\"")};
    const QRegularExpression calls{QLatin1String{call}};
    for (auto found = calls.globalMatch(text); found.hasNext();) {
        const auto arguments = found.next().captured(1);
        for (auto each = key.globalMatch(arguments); each.hasNext();) keys.insert(each.next().captured(1));
    }
}

TestConfigPage::Keys TestConfigPage::keysOfTheReader(bool isAll)
{
    Keys keys;
    QDirIterator files{QStringLiteral(HOLDFAST_SOURCE_DIR "/core/server"), {QStringLiteral("*.cpp")}, QDir::Files, QDirIterator::Subdirectories};
    while (files.hasNext()) {
        const auto text = read(files.next());
        if (!text.contains(QLatin1String{"ConfigSection"})) continue;
        addKeys(keys, text, R"(\b(?:read\w*|labelled|unlabelled)\(\s*(?:stanza,\s*)?("\w+"))");
        addKeys(keys, text, R"(\baccept\(\{([^}]*)\})");
        addKeys(keys, text, R"(for \(const auto\* key : \{([^}]*)\}\))"); // keys that are treated alike
        if (isAll) addKeys(keys, text, R"(\bacceptWithoutEffect\(\{([^}]*)\})");
    }
    return keys;
}

QString TestConfigPage::page()
{
    return read(QStringLiteral(HOLDFAST_SOURCE_DIR "/installer/man/holdfast.hcl.5.in")).replace(QLatin1String{"\\-"}, QLatin1String{"-"});
}

void TestConfigPage::thePageNamesEveryKey()
{
    const auto keys = keysOfTheReader(false);
    for (const auto* known : {"storage", "tls_cert_file", "log_retention_size", "max_json_depth", "ui", "disable_unauthed_rekey_endpoints"})
        QVERIFY2(keys.contains(QLatin1String{known}), known); // the search itself finds what there is
    const auto text = page();
    QStringList missing;
    for (const auto& key : keys) {
        if (!text.contains(QRegularExpression{QLatin1String{"(?<![a-z0-9_])"} + key + QLatin1String{"(?![a-z0-9_])"}})) missing << key;
    }
    missing.sort();
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join(u' ')));
}

void TestConfigPage::thePageNamesNoOtherKey()
{
    const auto keys = keysOfTheReader(true);
    const QRegularExpression word{QStringLiteral("\\b[a-z0-9]+(?:_[a-z0-9]+)+\\b")};
    const Keys values{QStringLiteral("use_always"), QStringLiteral("allow_authorized"), QStringLiteral("deny_unauthorized")};
    QStringList unknown;
    const auto text = page();
    for (auto found = word.globalMatch(text); found.hasNext();) {
        const auto each = found.next().captured();
        if (!keys.contains(each) && !values.contains(each)) unknown << each;
    }
    QVERIFY2(unknown.isEmpty(), qPrintable(unknown.join(u' ')));
}

QTEST_APPLESS_MAIN(TestConfigPage)
#include "tst_config_page.moc"
