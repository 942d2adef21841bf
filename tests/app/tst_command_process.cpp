#include "app/holdfast/client/token_store.h"
#include "app/holdfast/client/trusted_certificates.h"
#include "tests/app/command_fixture.h"

#include <QDir>
#include <QFile>
#include <QtTest>

/// How commands use the environment, files, input, the terminal and redirects, and how they answer requests for help.
class TestCommandProcess : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void settingsReachTheRequest();
    void optionsGoBeforeTheEnvironment();
    void redirectsAreFollowedOnceWithTheBody();
    void retriesOnlyIfConfigured();
    void loginKeepsTheTokenForLaterCommands();
    void loginWithPasswordAsksForIt();
    void noPrintNeverPrintsTheToken();
    void anUnreadableTokenFileIsReported();
    void aTokenHelperKeepsTheToken();
    void tokenHelpersAreReadFromTheConfiguration_data();
    void tokenHelpersAreReadFromTheConfiguration();
    void wrongSettingsOfTheEnvironmentAreErrors_data();
    void wrongSettingsOfTheEnvironmentAreErrors();
    void routesOfTheEnvironmentAreObeyed();
    void tokensAreText();
    void plainServersAreNamed();
    void wrongValuesOfOptionsAreWrongUse();
    void wrongValuesAfterTheArgumentsAreWrongUse();
    void commandsWithoutAServerLookAtNothing();
    void authoritiesComeFromAnywhere();
    void unknownCommandsHaveTheirOwnStatus();
    void dataComesFromFilesAndInput();
    void nobodyAnswers();
    void sharesAreAskedForOrReadFromInput();
    void snapshotsAreStreamedToAndFromFiles();
    void policiesAreLaidOut_data();
    void policiesAreLaidOut();
    void brokenPoliciesStayAsTheyAre();
    void everyCommandTeaches();
};

void TestCommandProcess::settingsReachTheRequest()
{
    CommandSetting setting;
    setting.environment["VAULT_NAMESPACE"] = "team";
    setting.environment["VAULT_WRAP_TTL"] = "5m";
    setting.environment["VAULT_FORMAT"] = "json";
    const auto run = runCommand({"read", "-header=X-Extra=1", "a"}, {{200, R"({"data":{"x":1}})"}}, setting);
    QCOMPARE(run.code, 0);
    const auto& headers = run.requests.at(0).headers;
    QCOMPARE(headers.at("x-vault-token"), std::string{"hvs.test"});
    QCOMPARE(headers.at("x-vault-namespace"), std::string{"team"});
    QCOMPARE(headers.at("x-vault-wrap-ttl"), std::string{"5m0s"});
    QCOMPARE(headers.at("x-extra"), std::string{"1"});
    QVERIFY(run.out.starts_with("{"));
}

void TestCommandProcess::optionsGoBeforeTheEnvironment()
{
    ScriptedServer server{{{200, R"({"data":{"x":1}})"}}};
    CommandSetting setting;
    setting.environment["VAULT_ADDR"] = "http://127.0.0.1:1";
    setting.environment["VAULT_FORMAT"] = "json";
    setting.environment["VAULT_WRAP_TTL"] = "5m";
    const auto run = runCommand({"read", "-address=" + server.url() + "/", "-format=table", "-wrap-ttl=90", "a"}, {}, setting);
    QCOMPARE(QByteArray::fromStdString(run.err), QByteArray{});
    QCOMPARE(QByteArray::fromStdString(run.out), QByteArray{"Key    Value\n---    -----\nx      1\n"});
    QCOMPARE(server.requests().at(0).line, std::string{"GET /v1/a"});
    QCOMPARE(server.requests().at(0).headers.at("x-vault-wrap-ttl"), std::string{"1m30s"});
}

void TestCommandProcess::redirectsAreFollowedOnceWithTheBody()
{
    ScriptedServer active{{{204, ""}}};
    const auto run = runCommand({"write", "a", "k=v"}, {{307, "", "Location: " + active.url() + "/v1/a\r\n"}});
    QCOMPARE(run.code, 0);
    QCOMPARE(active.requests().at(0).line, std::string{"PUT /v1/a"});
    QCOMPARE(active.requests().at(0).body, std::string{R"({"k":"v"})"});
    QCOMPARE(active.requests().at(0).headers.at("x-vault-token"), std::string{"hvs.test"});

    const auto twice = runCommand({"read", "a"}, {{307, "", "Location: /v1/b\r\n"}, {307, "", "Location: /v1/c\r\n"}});
    QCOMPARE(twice.requests.size(), std::size_t{2});
    QCOMPARE(twice.code, 2);
    QVERIFY2(twice.err.find("redirected again to /v1/c") != std::string::npos, twice.err.c_str());
}

void TestCommandProcess::retriesOnlyIfConfigured()
{
    const std::vector<ScriptedServer::Answer> answers{{500, R"({"errors":["local node not active"]})"}, {200, R"({"data":{"x":1}})"}};
    QCOMPARE(runCommand({"read", "a"}, answers).code, 2);
    CommandSetting setting;
    setting.environment["VAULT_MAX_RETRIES"] = "1";
    const auto run = runCommand({"read", "a"}, answers, setting);
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.size(), std::size_t{2});
    const auto missing = runCommand({"read", "a"}, {{501, R"({"errors":[]})"}, {200, "{}"}}, setting);
    QCOMPARE(missing.requests.size(), std::size_t{1});
}

void TestCommandProcess::loginKeepsTheTokenForLaterCommands()
{
    const QTemporaryDir home;
    CommandSetting setting{.environment = {}, .in = "hvs.fromInput\n", .home = home.path()};
    const std::string self =
        R"({"data":{"id":"hvs.fromInput","accessor":"acc","policies":["root"],"ttl":0,"renewable":false,"meta":null,"identity_policies":null}})";
    const auto run = runCommand({"login", "-"}, {{200, self}}, setting);
    QCOMPARE(QByteArray::fromStdString(run.err), QByteArray{});
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.at(0).line, std::string{"GET /v1/auth/token/lookup-self"});
    QCOMPARE(run.requests.at(0).headers.at("x-vault-token"), std::string{"hvs.fromInput"});
    QVERIFY(run.out.starts_with("Success! You are now authenticated."));
    QVERIFY2(run.out.ends_with("Key                  Value\n---                  -----\ntoken                hvs.fromInput\n"
                               "token_accessor       acc\ntoken_duration       ∞\ntoken_renewable      false\n"
                               "token_policies       [\"root\"]\nidentity_policies    []\npolicies             [\"root\"]\n"),
             run.out.c_str());

    QFile file{home.filePath(".vault-token")};
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray{"hvs.fromInput"});
    QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther), QFile::Permissions{});
    QCOMPARE(QDir{home.path()}.entryList(QDir::Files | QDir::Hidden), QStringList{".vault-token"}); // no temporary file stays behind

    const auto later = runCommand({"read", "a"}, {{200, R"({"data":{"x":1}})"}}, setting);
    QCOMPARE(later.requests.at(0).headers.at("x-vault-token"), std::string{"hvs.fromInput"});

    const auto refused = runCommand({"login", "other"}, {{403, R"({"errors":["permission denied"]})"}, {200, "{}"}}, setting);
    QCOMPARE(refused.code, 2);
    QCOMPARE(runCommand({"print", "token"}, {}, setting).out, std::string{"hvs.fromInput\n"});
}

// Class: a command shows a token that the user did not ask for. One place shows it if it could not be stored; that place obeys -no-print too.
void TestCommandProcess::noPrintNeverPrintsTheToken()
{
    const QTemporaryDir home;
    QVERIFY(QDir{home.path()}.mkdir(".vault-token")); // a folder: nothing can be stored there
    const CommandSetting setting{.environment = {}, .home = home.path()};
    const std::string self = R"({"data":{"id":"hvs.secret","accessor":"acc","policies":["root"],"ttl":0}})";
    const auto run = runCommand({"login", "-no-print", "hvs.secret"}, {{200, self}}, setting);
    QCOMPARE(run.code, 2);
    QVERIFY2(run.out.find("hvs.secret") == std::string::npos && run.err.find("hvs.secret") == std::string::npos, run.err.c_str());
    const auto shown = runCommand({"login", "hvs.secret"}, {{200, self}}, setting);
    QCOMPARE(shown.code, 2);
    QVERIFY(shown.out.find("hvs.secret") != std::string::npos);
}

// Class: a file that cannot be examined counts as absent, so the command goes out without a token and gets 403. Looked at: the token file and the
// configuration of token helpers. Now only a file that does not exist counts as absent. The test uses a link to itself, because root can read all.
void TestCommandProcess::anUnreadableTokenFileIsReported()
{
    const QTemporaryDir home;
    QVERIFY(QFile::link(home.filePath(".vault-token"), home.filePath(".vault-token")));
    const auto run = runCommand({"read", "a"}, {{200, R"({"data":{"x":1}})"}}, {.environment = {}, .home = home.path()});
    QVERIFY2(run.code != 0 && run.requests.empty(), run.out.c_str());
    QVERIFY2(run.err.find("cannot read " + home.path().toStdString() + "/.vault-token: ") != std::string::npos, run.err.c_str());
    QVERIFY(QFile::link(home.filePath(".vault"), home.filePath(".vault"))); // names the token helper
    const auto helper = runCommand({"read", "a"}, {{200, "{}"}}, {.environment = {}, .home = home.path()});
    QVERIFY2(helper.requests.empty() && helper.err.find("/.vault: ") != std::string::npos, helper.err.c_str());
}

// Class: a command reads or stores the token without the helper. Looked at: login, print token, and all commands that send a token.
void TestCommandProcess::aTokenHelperKeepsTheToken()
{
    const QTemporaryDir home;
    const auto write = [&](const QString& name, const QByteArray& text) {
        QFile file{home.filePath(name)};
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    };
    const auto kept = home.filePath("kept").toUtf8();
    write("helper", "#!/bin/sh\ncase \"$1\" in get) cat " + kept + " 2>/dev/null || true;; store) cat >" + kept + ";; esac\n");
    write(".vault", "# by hand\ntoken_helper = \"" + home.filePath("helper").toUtf8() + "\"\n");
    const CommandSetting setting{.environment = {}, .home = home.path()};
    const std::string self = R"({"data":{"id":"hvs.kept","accessor":"acc","policies":["root"],"ttl":0}})";
    const auto run = runCommand({"login", "-no-print", "hvs.kept"}, {{200, self}}, setting);
    QCOMPARE(QByteArray::fromStdString(run.err), QByteArray{});
    QCOMPARE(run.code, 0);
    QVERIFY(!QFile::exists(home.filePath(".vault-token")));
    QCOMPARE(runCommand({"print", "token"}, {}, setting).out, std::string{"hvs.kept\n"});
    const auto later = runCommand({"read", "a"}, {{200, R"({"data":{"x":1}})"}}, setting);
    QCOMPARE(later.requests.at(0).headers.at("x-vault-token"), std::string{"hvs.kept"});

    write("helper", "#!/bin/sh\necho no luck >&2\nexit 3\n");
    const auto failed = runCommand({"read", "a"}, {}, setting);
    QCOMPARE(failed.code, 2);
    QVERIFY2(failed.err.find("failed with status 3: no luck") != std::string::npos, failed.err.c_str());
    QVERIFY(QFile::remove(home.filePath("helper")));
    const auto absent = runCommand({"read", "a"}, {}, setting);
    QCOMPARE(absent.code, 2);
    QVERIFY2(absent.err.find("token_helper: no such program") != std::string::npos, absent.err.c_str());
}

void TestCommandProcess::tokenHelpersAreReadFromTheConfiguration_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("helper"); // "!": refused
    QTest::newRow("none") << QByteArray{} << QByteArray{};
    QTest::newRow("comment") << QByteArray{"# nothing\n// here\n\n"} << QByteArray{};
    QTest::newRow("one") << QByteArray{"token_helper = \"/bin/h\""} << QByteArray{"/bin/h"};
    QTest::newRow("with a comment behind") << QByteArray{"  token_helper=\"/bin/h x\" # mine\r\n"} << QByteArray{"/bin/h x"};
    QTest::newRow("quoted key") << QByteArray{"\"token_helper\" = \"h\""} << QByteArray{"h"};
    QTest::newRow("another key") << QByteArray{"tokenhelper = \"h\""} << QByteArray{"!"};
    QTest::newRow("no value") << QByteArray{"token_helper"} << QByteArray{"!"};
    QTest::newRow("not closed") << QByteArray{"token_helper = \"h"} << QByteArray{"!"};
    QTest::newRow("number") << QByteArray{"token_helper = 5"} << QByteArray{"!"};
    QTest::newRow("more behind") << QByteArray{"token_helper = \"h\" \"i\""} << QByteArray{"!"};
}

void TestCommandProcess::tokenHelpersAreReadFromTheConfiguration()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, helper);
    const auto found = cli::tokenHelperOf(text.toStdString());
    QCOMPARE(found ? QByteArray::fromStdString(*found) : QByteArray{"!"}, helper);
}

void TestCommandProcess::wrongSettingsOfTheEnvironmentAreErrors_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("truth") << QByteArray{"VAULT_SKIP_VERIFY"} << QByteArray{"perhaps"};
    QTest::newRow("address") << QByteArray{"VAULT_ADDR"} << QByteArray{"127.0.0.1:8200"};
    QTest::newRow("time") << QByteArray{"VAULT_CLIENT_TIMEOUT"} << QByteArray{"soon"};
    QTest::newRow("number") << QByteArray{"VAULT_MAX_RETRIES"} << QByteArray{"many"};
    QTest::newRow("wrapping") << QByteArray{"VAULT_WRAP_TTL"} << QByteArray{"soon"};
    QTest::newRow("truth of redirects") << QByteArray{"VAULT_DISABLE_REDIRECTS"} << QByteArray{"perhaps"};
    QTest::newRow("truth of services") << QByteArray{"VAULT_SRV_LOOKUP"} << QByteArray{"perhaps"};
    QTest::newRow("rate") << QByteArray{"VAULT_RATE_LIMIT"} << QByteArray{"many"};
    QTest::newRow("rate and burst") << QByteArray{"VAULT_RATE_LIMIT"} << QByteArray{"5:x"};
    QTest::newRow("proxy") << QByteArray{"VAULT_PROXY_ADDR"} << QByteArray{"127.0.0.1:3128"};
    QTest::newRow("former name of the proxy") << QByteArray{"VAULT_HTTP_PROXY"} << QByteArray{"ftp://127.0.0.1"};
    QTest::newRow("certificate without a key") << QByteArray{"VAULT_CLIENT_CERT"} << QByteArray{"/etc/hostname"};
    QTest::newRow("key without a certificate") << QByteArray{"VAULT_CLIENT_KEY"} << QByteArray{"/etc/hostname"};
    QTest::newRow("headers") << QByteArray{"VAULT_HEADERS"} << QByteArray{"X-A: b"};
    QTest::newRow("headers that are no texts") << QByteArray{"VAULT_HEADERS"} << QByteArray{R"({"X-A":["b"]})"};
    QTest::newRow("a header of the server's own") << QByteArray{"VAULT_HEADERS"} << QByteArray{R"({"x-vault-token":"b"})"};
    QTest::newRow("file of authorities") << QByteArray{"VAULT_CACERT"} << QByteArray{"/nonexistent/ca.pem"};
    QTest::newRow("folder of authorities") << QByteArray{"VAULT_CAPATH"} << QByteArray{"/nonexistent"};
    QTest::newRow("text of authorities") << QByteArray{"VAULT_CACERT_BYTES"} << QByteArray{"nothing"};
}

/// 2 as in Vault; `status` ends with 1, because its 2 means "sealed".
void TestCommandProcess::wrongSettingsOfTheEnvironmentAreErrors()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    CommandSetting setting;
    setting.environment[name.toStdString()] = value.toStdString();
    const auto run = runCommand({"token", "lookup"}, {{200, R"({"data":{"x":1}})"}}, setting);
    QCOMPARE(run.code, 2);
    QCOMPARE(run.requests.size(), std::size_t{0});
    QVERIFY(!run.err.empty());
    QCOMPARE(runCommand({"status"}, {}, setting).code, 1);
}

/// The class: a command reads a setting about where requests go, but does not obey it. It could occur with each variable of the environment. What
/// holds: each is obeyed or is an error.
void TestCommandProcess::routesOfTheEnvironmentAreObeyed()
{
    for (const auto* name : {"VAULT_PROXY_ADDR", "VAULT_HTTP_PROXY"}) {
        ScriptedServer proxy{{{200, R"({"data":{"by":"proxy"}})"}}};
        CommandSetting setting;
        setting.environment[name] = proxy.url();
        const auto run = runCommand({"read", "-field=by", "a"}, {{200, R"({"data":{"by":"server"}})"}}, setting);
        QVERIFY2(run.code == 0, run.err.c_str());
        QCOMPARE(run.out, std::string{"proxy"}); // for loopback too, because this proxy is set for this program
        QCOMPARE(run.requests.size(), std::size_t{0});
        QVERIFY(proxy.requests().at(0).line.starts_with("GET http://127.0.0.1:"));
    }
    CommandSetting setting;
    setting.environment["VAULT_DISABLE_REDIRECTS"] = "true";
    setting.environment["VAULT_HEADERS"] = R"({"X-Team":"a"})";
    setting.environment["VAULT_MFA"] = "method:code";
    const auto run = runCommand({"write", "-header=X-Other=b", "a", "b=c"}, {{307, "", "Location: /v1/elsewhere\r\n"}, {204, ""}}, setting);
    QCOMPARE(run.requests.size(), std::size_t{1});
    QCOMPARE(run.requests[0].headers.at("x-team"), std::string{"a"});
    QCOMPARE(run.requests[0].headers.at("x-other"), std::string{"b"});
    QCOMPARE(run.requests[0].headers.at("x-vault-mfa"), std::string{"method:code"});
    QCOMPARE(run.code, 2); // it was not written
}

/// A token that is no text, for example from a broken helper, is never sent.
void TestCommandProcess::tokensAreText()
{
    for (const auto& token : {std::string{"a\nb"}, std::string{"a\0b", 3}, std::string{"a\x1b[31m"}, std::string{"a\xe2\x80\xae"}}) {
        CommandSetting setting;
        setting.environment["VAULT_TOKEN"] = token;
        const auto run = runCommand({"token", "lookup"}, {{200, R"({"data":{"x":1}})"}}, setting);
        QVERIFY2(run.code == 2 && run.requests.empty() && run.err.find("non-printable") != std::string::npos, run.err.c_str());
    }
}

/// A common mistake: https to a port without TLS. The error says so, and what to do.
void TestCommandProcess::plainServersAreNamed()
{
    ScriptedServer server{{}};
    CommandSetting setting;
    setting.environment["VAULT_ADDR"] = "https" + server.url().substr(4);
    const auto run = runCommand({"read", "a"}, {}, setting);
    QCOMPARE(run.code, 2);
    QVERIFY2(run.err.find("server gave HTTP response to HTTPS client") != std::string::npos, run.err.c_str());
}

/// An option value that is no number, duration or pair is wrong use, in every command.
void TestCommandProcess::wrongValuesOfOptionsAreWrongUse()
{
    for (const auto* line : {"kv get -version=x secret/a", "kv rollback -version=1.5 secret/a", "read -wrap-ttl=soon a", "read -header=X a",
                             "secrets enable -version=x kv", "kv list", "token create -ttl=soon", "token create -use-limit=99999999999",
                             "token create -metadata=x", "token renew -increment=x", "operator init -key-shares=x"}) {
        const auto run = runCommand(wordsOf(line), {{200, R"({"data":{"path":"secret/","options":{"version":"2"}}})"}});
        QVERIFY2(run.code == 1 && run.requests.empty() && !run.err.empty(), line);
    }
    const auto reserved = runCommand(wordsOf("read -header=X-Vault-Token=t a"), {{200, "{}"}});
    QVERIFY(reserved.code == 2 && reserved.requests.empty());
}

// Class: an option with a wrong value counts as absent, so a command that should only print a request sends it. Options after the arguments were
// not checked. Looked at: the four options that count there. Now one check reads every value of an option, before and after the arguments.
void TestCommandProcess::wrongValuesAfterTheArgumentsAreWrongUse()
{
    for (const auto* line : {"write secret/x a=b -output-curl-string=maybe", "write secret/x a=b --output-policy=1x", "list secret -detailed=often",
                             "write secret/x a=b -format=nonsense", "write secret/x a=b -format nonsense"}) {
        const auto run = runCommand(wordsOf(line), {{200, "{}"}});
        QVERIFY2(run.code == 1 && run.requests.empty() &&
                     run.err.find(wordsOf(line).back().substr(wordsOf(line).back().find('=') + 1)) != std::string::npos,
                 (std::string{line} + ": " + run.err).c_str());
    }
    const auto sent = runCommand(wordsOf("write secret/x a=b -output-curl-string=false"), {{204, ""}});
    QVERIFY2(sent.requests.size() == 1, sent.err.c_str());
}

/// A command that needs no server is not stopped by a wrong setting for servers.
void TestCommandProcess::commandsWithoutAServerLookAtNothing()
{
    const QTemporaryDir folder;
    CommandSetting setting;
    for (const auto* name : {"VAULT_SKIP_VERIFY", "VAULT_CACERT", "VAULT_ADDR", "VAULT_MAX_RETRIES"}) setting.environment[name] = "nonsense";
    QCOMPARE(runCommand({"version"}, {}, setting).code, 0);
    QFile file{folder.filePath("p.hcl")};
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("path \"a\" { capabilities = [\"read\"] }") > 0);
    file.close();
    const auto run = runCommand({"policy", "fmt", file.fileName().toStdString()}, {}, setting);
    QVERIFY2(run.code == 0, run.err.c_str());
}

void TestCommandProcess::authoritiesComeFromAnywhere()
{
    const QTemporaryDir folder;
    const std::string pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    QVERIFY(QDir{folder.path()}.mkpath("deep/er"));
    for (const auto* name : {"notes.txt", "one.pem", "deep/er/two"}) {
        QFile file{folder.filePath(QString::fromUtf8(name))};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray{name} == "notes.txt" ? QByteArray{"no certificate"} : QByteArray::fromStdString(pem));
    }
    QCOMPARE(cli::trustedCertificates({}).value_or("?"), std::string{});
    QCOMPARE(cli::trustedCertificates({.file = {}, .pem = pem, .folder = "/nonexistent"}).value_or("?"), pem);
    QCOMPARE(cli::trustedCertificates({.file = {}, .pem = {}, .folder = folder.path().toStdString()}).value_or("?"), pem + "\n" + pem + "\n");
    QCOMPARE(cli::trustedCertificates({.file = folder.filePath("one.pem").toStdString(), .pem = "x", .folder = {}}).value_or("?"), pem);
    QVERIFY(!cli::trustedCertificates({.file = folder.filePath("notes.txt").toStdString(), .pem = {}, .folder = {}}));
    QVERIFY(!cli::trustedCertificates({.file = folder.path().toStdString(), .pem = {}, .folder = {}}));
}

void TestCommandProcess::unknownCommandsHaveTheirOwnStatus()
{
    QCOMPARE(runCommand({}, {}).code, 127);
    QCOMPARE(runCommand({"nonesuch"}, {}).code, 127);
    QCOMPARE(runCommand({"kv"}, {}).code, 1);
    QCOMPARE(runCommand({"kv", "nonesuch"}, {}).code, 1);
    QCOMPARE(runCommand({"-h"}, {}).code, 0);
    QCOMPARE(runCommand({"version"}, {}).code, 0);
}

void TestCommandProcess::loginWithPasswordAsksForIt()
{
    const QTemporaryDir home;
    CommandSetting setting{.answerToQuestion = "pass word", .home = home.path()};
    const auto run = runCommand(
        {"login", "-method=userpass", "-no-store", "username=ann"},
        {{200,
          R"({"auth":{"client_token":"hvs.new","accessor":"a","lease_duration":60,"renewable":true,"policies":["default"],"token_policies":["default"],"metadata":{"username":"ann"}}})"}},
        setting);
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.at(0).line, std::string{"PUT /v1/auth/userpass/login/ann"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"password":"pass word"})"});
    QVERIFY(!run.requests.at(0).headers.contains("x-vault-token"));
    QVERIFY(run.out.find("token_meta_username    ann\n") != std::string::npos);
    QVERIFY(run.err.starts_with("The token was not stored"));
    for (const auto& words : {std::vector<std::string>{"login", "-method=/userpass/", "-no-store", "username=ann"},
                              std::vector<std::string>{"login", "-method=userpass", "-path=/userpass/", "-no-store", "username=ann"}}) {
        const auto slashed =
            runCommand(words, {{403, R"({"errors":["permission denied"]})"}, {200, "{}"}}, setting); // slashes around a path have no meaning
        QCOMPARE(slashed.requests.at(0).line, std::string{"PUT /v1/auth/userpass/login/ann"});
    }
    QVERIFY(!QFile::exists(home.filePath(".vault-token")));

    const auto bare = runCommand({"login", "-method=userpass", "-token-only", "-path=people", "username=ann", "password=x"},
                                 {{200, R"({"auth":{"client_token":"hvs.new"}})"}}, setting);
    QCOMPARE(bare.requests.at(0).line, std::string{"PUT /v1/auth/people/login/ann"});
    QCOMPARE(bare.out, std::string{"hvs.new"});
    QCOMPARE(bare.err, std::string{});
}

void TestCommandProcess::dataComesFromFilesAndInput()
{
    const QTemporaryDir folder;
    const auto put = [&](const char* name, const char* text) {
        QFile file{folder.filePath(name)};
        if (file.open(QIODevice::WriteOnly)) file.write(text);
        return file.fileName().toStdString();
    };
    const auto text = put("text", "line\n\"quoted\"\n");
    const auto json = put("json", R"({"n":1e100,"list":[1,2]})");
    const CommandSetting setting{.in = "from input\n"};
    auto run = runCommand({"write", "a", "file=@" + text, "in=-", "literal=\\@x"}, {{204, ""}}, setting);
    QCOMPARE(run.requests.at(0).body, std::string{R"({"file":"line\n\"quoted\"\n","in":"from input\n","literal":"@x"})"});
    run = runCommand({"write", "a", "@" + json, "k=v"}, {{204, ""}});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"n":1e100,"list":[1,2],"k":"v"})"});
    run = runCommand({"write", "a", "-"}, {{204, ""}}, {.in = R"({"big":18446744073709551616})"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"big":18446744073709551616})"});
    run = runCommand({"write", "a", "-"}, {}, {.in = "[1]"});
    QCOMPARE(run.code, 1);
    run = runCommand({"write", "a", "x=-", "y=-"}, {}, setting);
    QCOMPARE(run.err, std::string{"Failed to parse K=V data: stdin can only be used once\n"});
    run = runCommand({"write", "a", "x=@" + folder.path().toStdString()}, {}); // a folder can be opened like a file, and must not end the program
    QCOMPARE(run.err, "Failed to parse K=V data: error reading file: read " + folder.path().toStdString() + ": is a directory\n");
    run = runCommand({"write", "a", "x=@/nonexistent"}, {});
    QCOMPARE(run.err, std::string{"Failed to parse K=V data: error reading file: open /nonexistent: No such file or directory\n"});
}

void TestCommandProcess::nobodyAnswers()
{
    CommandSetting setting;
    setting.environment["VAULT_ADDR"] = "http://127.0.0.1:1";
    const auto run = runCommand({"read", "a"}, {}, setting);
    QCOMPARE(run.code, 2);
    QVERIFY2(run.err.starts_with("Error reading a: Get \"http://127.0.0.1:1/v1/a\": connection refused"), run.err.c_str());
    QCOMPARE(runCommand({"status"}, {}, setting).code, 1);
    setting.environment["VAULT_ADDR"] = "127.0.0.1:8200";
    QCOMPARE(runCommand({"read", "a"}, {}, setting).code, 2);
}

void TestCommandProcess::sharesAreAskedForOrReadFromInput()
{
    const std::string sealed = R"({"sealed":true})";
    const std::vector<ScriptedServer::Answer> answers{{200, sealed}, {503, R"({"errors":["Vault is sealed"]})"}};
    auto run = runCommand({"operator", "unseal"}, answers, {.answerToQuestion = " typed\n"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"key":"typed","reset":false,"migrate":false})"});
    run = runCommand({"operator", "unseal", "-"}, answers, {.in = "piped\n"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"key":"piped","reset":false,"migrate":false})"});
    run = runCommand({"operator", "generate-root"}, {{200, R"({"started":true,"nonce":"n1"})"}, {200, "{}"}}, {.answerToQuestion = "typed"});
    QCOMPARE(run.requests.at(1).body, std::string{R"({"key":"typed","nonce":"n1"})"});
    run = runCommand({"policy", "write", "P", "-"}, {{204, ""}}, {.in = "path \"a\" {}\n"});
    QCOMPARE(run.requests.at(0).line, std::string{"PUT /v1/sys/policies/acl/p"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"policy":"path \"a\" {}\n"})"});
    QCOMPARE(run.out, std::string{"Success! Uploaded policy: p\n"});
    run = runCommand({"operator", "unseal", "-non-interactive"}, {}, {.answerToQuestion = "typed"});
    QCOMPARE(run.code, 1);
    QCOMPARE(run.requests.size(), std::size_t{0});
    run = runCommand({"unwrap", "hvs.w"}, {{204, ""}}, {.environment = {}});
    QCOMPARE(run.requests.at(0).headers.at("x-vault-token"), std::string{"hvs.w"});
    QCOMPARE(run.requests.at(0).body, std::string{"null"});
}

void TestCommandProcess::snapshotsAreStreamedToAndFromFiles()
{
    const QTemporaryDir folder;
    const auto path = folder.filePath("backup.snap");
    std::string content(300'000, '\0');
    for (std::size_t at = 0; at < content.size(); ++at) content[at] = static_cast<char>(at * 7);
    auto run = runCommand({"operator", "raft", "snapshot", "save", path.toStdString()}, {{200, content}});
    QCOMPARE(QByteArray::fromStdString(run.err), QByteArray{});
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.at(0).line, std::string{"GET /v1/sys/storage/raft/snapshot"});
    QFile file{path};
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().toStdString() == content);

    run = runCommand({"operator", "raft", "snapshot", "restore", "-force", path.toStdString()}, {{204, ""}});
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.at(0).line, std::string{"POST /v1/sys/storage/raft/snapshot-force?report=true"});
    QCOMPARE(run.requests.at(0).headers.at("transfer-encoding"), std::string{"chunked"});
    QVERIFY(!run.requests.at(0).headers.contains("content-type"));
    QVERIFY(run.requests.at(0).body == content);

    const auto refused = folder.filePath("refused.snap");
    run = runCommand({"operator", "raft", "snapshot", "save", refused.toStdString()}, {{403, R"({"errors":["permission denied"]})"}, {200, "{}"}});
    QCOMPARE(run.code, 2);
    QCOMPARE(QDir{folder.path()}.entryList(QDir::Files), QStringList{"backup.snap"});
    run = runCommand({"operator", "raft", "snapshot", "restore", refused.toStdString()}, {});
    QCOMPARE(run.code, 2);
}

void TestCommandProcess::policiesAreLaidOut_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("formatted");
    QTest::newRow("empty") << QByteArray{} << QByteArray{};
    QTest::newRow("one line") << QByteArray{"path   \"a/*\"{capabilities=[\"read\",\"list\"]}"}
                              << QByteArray{"path \"a/*\" { capabilities = [\"read\", \"list\"] }\n"};
    QTest::newRow("blocks")
        << QByteArray{"\n\n# why\npath \"a\" {\ncapabilities = [ \"update\" ]\n    min_wrapping_ttl=\"1s\"\n}\n\n\n\npath \"b\" {\r\n}\r\n"}
        << QByteArray{"# why\npath \"a\" {\n  capabilities     = [\"update\"]\n  min_wrapping_ttl = \"1s\"\n}\n\npath \"b\" {\n}\n"};
    QTest::newRow("nested") << QByteArray{"path \"a\" {\nallowed_parameters = {\n\"k\" = [\"v\",\n\"w\"]\n\"*\" = []\n}\n}\n"}
                            << QByteArray{"path \"a\" {\n  allowed_parameters = {\n    \"k\" = [\"v\",\n      \"w\"]\n    \"*\" = []\n  }\n}\n"};
    QTest::newRow("braces beside words") << QByteArray{"path \"a\" { capabilities = [\"read\"]\nmin_wrapping_ttl=1 } path \"}\" {\n} # end\n"}
                                         << QByteArray{
                                                "path \"a\" {\n  capabilities     = [\"read\"]\n  min_wrapping_ttl = 1\n}\npath \"}\" {\n} # end\n"};
    QTest::newRow("signs inside strings") << QByteArray{"path \"a = { # \\\" \" { }"} << QByteArray{"path \"a = { # \\\" \" {}\n"};
}

void TestCommandProcess::policiesAreLaidOut()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, formatted);
    const QTemporaryDir folder;
    QFile file{folder.filePath("policy.hcl")};
    for (const auto& input : {text, formatted}) { // a formatted policy stays unchanged
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(input);
        file.close();
        const auto run = runCommand({"policy", "fmt", file.fileName().toStdString()}, {});
        QCOMPARE(QByteArray::fromStdString(run.err), QByteArray{});
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), formatted);
        file.close();
    }
}

void TestCommandProcess::brokenPoliciesStayAsTheyAre()
{
    const QTemporaryDir folder;
    QFile file{folder.filePath("policy.hcl")};
    for (const QByteArray text : {"path \"a\" {", "path \"a {}", "}", "/* open"}) {
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
        file.close();
        QCOMPARE(runCommand({"policy", "fmt", file.fileName().toStdString()}, {}).code, 1);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), text);
        file.close();
    }
}

void TestCommandProcess::everyCommandTeaches()
{
    // The lists of commands lead to every command, and each shows an example that begins with its own name.
    std::vector<std::vector<std::string>> pending{{}};
    int commandCount = 0;
    while (!pending.empty()) {
        const auto words = pending.back();
        pending.pop_back();
        auto asking = words;
        asking.push_back("-h");
        const auto run = runCommand(asking, {});
        std::string name;
        for (const auto& word : words) name += " " + word;
        QVERIFY2(run.code == 0, name.c_str());
        const auto commandsAt = run.out.find("ommands:\n");
        if (commandsAt == std::string::npos) {
            ++commandCount;
            QVERIFY2(run.out.starts_with("Usage: holdfast" + name), name.c_str());
            QVERIFY2(run.out.find("holdfast" + name, 10 + name.size()) != std::string::npos, name.c_str());
            continue;
        }
        std::istringstream lines{run.out.substr(commandsAt)};
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("    ") || line.size() < 5 || line[4] == ' ') continue;
            auto below = words;
            below.push_back(line.substr(4, line.find(' ', 4) - 4));
            pending.push_back(below);
        }
    }
    QVERIFY(commandCount >= 60);
}

QTEST_GUILESS_MAIN(TestCommandProcess)
#include "tst_command_process.moc"
