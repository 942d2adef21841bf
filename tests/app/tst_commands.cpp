#include "tests/app/command_fixture.h"

#include <QtTest>

/// Each row is one command: the requests that it must send, in order, the answers, and the expected output.
class TestCommands : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void commandsAskAndPrint_data();
    void commandsAskAndPrint();

private:
    void row(const char* name, const char* line, Exchanges exchanges, int code, const char* out, const char* err = "");
    void dataRows();
    void statusRows();
    void kvRows();
    void policyRows();
    void tokenRows();
    void mountRows();
    void operatorRows();
    void leaseRows();
};

void TestCommands::row(const char* name, const char* line, Exchanges exchanges, int code, const char* out, const char* err)
{
    QTest::newRow(name) << QByteArray{line} << exchanges << code << QByteArray{out} << QByteArray{err};
}

/// After a 403 the role is asked for (tst_replication_output has what secondaries answer).
static const Exchange kOfNoSecondary{"GET /v1/sys/health?drsecondarycode=299&performancestandbycode=299&standbycode=299", "", 200, "{}"};

void TestCommands::dataRows()
{
    const std::string kv =
        R"({"request_id":"r1","lease_id":"","renewable":false,"lease_duration":2764800,"data":{"ttl":"30m","foo":"bar","big":1e100},"wrap_info":null,"warnings":null,"auth":null})";
    row("read, table", "read secret/a", {{"GET /v1/secret/a", "", 200, kv}}, 0,
        "Key                 Value\n---                 -----\nrefresh_interval    768h\nbig                 1e100\nfoo                 bar\n"
        "ttl                 30m\n");
    row("read, json", "read --format=json /secret/a/", {{"GET /v1/secret/a", "", 200, kv}}, 0,
        "{\n  \"request_id\": \"r1\",\n  \"lease_id\": \"\",\n  \"lease_duration\": 2764800,\n  \"renewable\": false,\n  \"data\": {\n"
        "    \"big\": 1e100,\n    \"foo\": \"bar\",\n    \"ttl\": \"30m\"\n  },\n  \"warnings\": null\n}\n");
    row("read, yaml", "read -format yaml secret/a", {{"GET /v1/secret/a", "", 200, kv}}, 0,
        "data:\n  big: 1e100\n  foo: bar\n  ttl: \"30m\"\nlease_duration: 2764800\nlease_id: \"\"\nrenewable: false\nrequest_id: r1\n"
        "warnings: null\n");
    row("read, one field", "read -field=foo secret/a", {{"GET /v1/secret/a", "", 200, kv}}, 0, "bar");
    row("read, no such field", "read -field=nope secret/a", {{"GET /v1/secret/a", "", 200, kv}}, 1, "", "Field \"nope\" not present in secret\n");
    row("read, slashes in a row", "read secret//a///b", {{"GET /v1/secret/a/b", "", 200, kv}}, 0,
        "Key                 Value\n---                 -----\nrefresh_interval    768h\nbig                 1e100\nfoo                 bar\n"
        "ttl                 30m\n");
    row("read with a query", "read 'secret/a b' version=2 x=1&2", {{"GET /v1/secret/a%20b?version=2&x=1%262", "", 200, kv}}, 0,
        "Key                 Value\n---                 -----\nrefresh_interval    768h\nbig                 1e100\nfoo                 bar\n"
        "ttl                 30m\n");
    row("read, nothing there", "read secret/none", {{"GET /v1/secret/none", "", 404, R"({"errors":[]})"}}, 2, "", "No value found at secret/none\n");
    row("read, 404 that explains", "read nope/a",
        {{"GET /v1/nope/a", "", 404, R"({"errors":["no handler for route \"nope/a\". route entry not found."]})"}}, 2, "",
        "Error reading nope/a: Error making API request.\n\nURL: GET ADDR/v1/nope/a\nCode: 404. Errors:\n\n* no handler for route "
        "\"nope/a\". route entry not found.\n");
    // In every command an answer without the envelope becomes the envelope's data.
    row("read, flat answer", "read sys/health", {{"GET /v1/sys/health", "", 200, R"({"initialized":true})"}}, 0,
        "Key            Value\n---            -----\ninitialized    true\n");
    row("read, flat answer, json", "read -format=json sys/health", {{"GET /v1/sys/health", "", 200, R"({"initialized":true})"}}, 0,
        "{\n  \"request_id\": \"\",\n  \"lease_id\": \"\",\n  \"lease_duration\": 0,\n  \"renewable\": false,\n  \"data\": {\n    \"initialized\": true\n  },\n"
        "  \"warnings\": null\n}\n");
    row("read, one field of a flat answer", "read -field=initialized sys/health", {{"GET /v1/sys/health", "", 200, R"({"initialized":true})"}}, 0,
        "true");
    // Class: a failed write looks like a success. A 404 with warnings explains a read, and is an error for a write, a patch and a deletion.
    const std::string wrongPath = R"({"data":null,"warnings":["Invalid path for a versioned K/V secrets engine."]})";
    const char* explained = "WARNING! The following warnings were returned from Vault:\n\n  * Invalid path for a versioned K/V secrets engine.\n\n";
    row("read, 404 with a warning", "read secret/x", {{"GET /v1/secret/x", "", 404, wrongPath}}, 0, "", explained);
    static const std::string notWritten =
        std::string{"Error writing data to secret/x: Error making API request.\n\nURL: PUT ADDR/v1/secret/x\nCode: 404. Errors:\n\n\n"} + explained;
    row("write, 404 with a warning", "write secret/x a=b", {{"PUT /v1/secret/x", R"({"a":"b"})", 404, wrongPath}}, 2, "", notWritten.c_str());
    static const std::string notPatched =
        std::string{"Error writing data to secret/x: Error making API request.\n\nURL: PATCH ADDR/v1/secret/x\nCode: 404. Errors:\n\n\n"} + explained;
    row("patch, 404 with a warning", "patch secret/x a=b", {{"PATCH /v1/secret/x", R"({"a":"b"})", 404, wrongPath}}, 2, "", notPatched.c_str());
    static const std::string notDeleted =
        std::string{"Error deleting secret/x: Error making API request.\n\nURL: DELETE ADDR/v1/secret/x\nCode: 404. Errors:\n\n\n"} + explained;
    row("delete, 404 with a warning", "delete secret/x", {{"DELETE /v1/secret/x", "", 404, wrongPath}}, 2, "", notDeleted.c_str());
    row("patch", "patch secret/data/a x=1", {{"PATCH /v1/secret/data/a", R"({"x":"1"})", 204, ""}}, 0, "Success! Data written to: secret/data/a\n");
    row("patch without data", "patch secret/data/a", {}, 1, "", "Must supply data or use -force\n");
    // Options end at the first argument. Only -format and a few others also count after it, and stay arguments.
    row("an option behind the argument", "list a -wrap-ttl=60", {}, 1, "",
        "Command flags must be provided before positional arguments. The following arguments will not be parsed as flags: [-wrap-ttl=60]\n"
        "Too many arguments (expected 1, got 2)\n");
    row("a format behind the argument", "list a -format=json", {}, 1, "", "Too many arguments (expected 1, got 2)\n");
    row("read, raw", "read -format=raw pki/ca", {{"GET /v1/pki/ca", "", 200, "-----BEGIN\n{no JSON"}}, 0, "-----BEGIN\n{no JSON");
    row("read, raw, refused", "read -format=raw a", {{"GET /v1/a", "", 403, R"({"errors":["permission denied"]})"}, kOfNoSecondary}, 2, "",
        "Error reading: a: Error making API request.\n\nURL: GET ADDR/v1/a\nCode: 403. Errors:\n\n* permission denied\n");
    static const std::string detailed =
        R"({"data":{"keys":["b","a"],"key_info":{"a":{"ttl":60,"type":"x"},"b":{"type":"y","local":true}}},"warnings":null})";
    row("list, detailed", "list -detailed one", {{"GET /v1/one?list=true", "", 200, detailed}}, 0,
        "Keys    local    ttl    type\n----    -----    ---    ----\na       n/a      1m     x\nb       true     n/a    y\n");
    row("list, not detailed", "list one", {{"GET /v1/one?list=true", "", 200, detailed}}, 0, "Keys\n----\na\nb\n");
    row("list, detailed without details", "list -detailed one", {{"GET /v1/one?list=true", "", 200, R"({"data":{"keys":["a"]}})"}}, 0,
        "Keys\n----\na\n");
    row("list, detailed, json", "list -detailed -format=json one",
        {{"GET /v1/one?list=true", "", 200, R"({"data":{"keys":["a"],"key_info":{"a":{"n":1}}}})"}}, 0,
        "{\n  \"request_id\": \"\",\n  \"lease_id\": \"\",\n  \"lease_duration\": 0,\n  \"renewable\": false,\n  \"data\": {\n    \"key_info\": {\n      \"a\": {\n        \"n\": 1\n"
        "      }\n    },\n    \"keys\": [\n      \"a\"\n    ]\n  },\n  \"warnings\": null\n}\n");
    row("list, wrapped", "list -wrap-ttl=60 -field=x one", {}, 1, "", "flag provided but not defined: -field\nholdfast list -h lists its options.\n");
    row("list, wrapping token", "list -wrap-ttl=60 one",
        {{"GET /v1/one?list=true", "", 200,
          R"({"data":null,"wrap_info":{"token":"hvs.w","accessor":"acc","ttl":60,"creation_time":"2022-07-08T11:27:38Z","creation_path":"one","wrapped_accessor":""}})"}},
        0,
        "Key                              Value\n---                              -----\nwrapping_token:                  hvs.w\nwrapping_accessor:               acc\n"
        "wrapping_token_ttl:              1m\nwrapping_token_creation_time:    2022-07-08 11:27:38 +0000 UTC\nwrapping_token_creation_path:    one\n");
    // -output-policy prints the policy that the request needs, and sends nothing.
    row("policy of a read", "read -output-policy secret/data/a", {}, 0, "path \"secret/data/a\" {\n  capabilities = [\"read\"]\n}\n");
    row("policy of a list", "list -output-policy secret/metadata", {}, 0, "path \"secret/metadata\" {\n  capabilities = [\"list\"]\n}\n");
    row("policy of a write", "write -output-policy sys/mounts/a type=kv", {}, 0,
        "path \"sys/mounts/a\" {\n  capabilities = [\"create\", \"update\"]\n}\n");
    row("policy of a patch", "patch -output-policy a x=1", {}, 0, "path \"a\" {\n  capabilities = [\"patch\"]\n}\n");
    row("policy of a deletion", "delete -output-policy a", {}, 0, "path \"a\" {\n  capabilities = [\"delete\"]\n}\n");
    row("policy of a root path", "operator seal -output-policy", {}, 0,
        "path \"sys/seal\" {\n  capabilities = [\"create\", \"update\", \"sudo\"]\n}\n");
    row("both at once", "read -output-policy -output-curl-string a", {}, 2, "", "cannot specify both -output-curl-string and -output-policy\n");
    row("read, no JSON comes back", "read secret/a", {{"GET /v1/secret/a", "", 502, "bad gateway\n"}}, 2, "",
        "Error reading secret/a: Error making API request.\n\nURL: GET ADDR/v1/secret/a\nCode: 502. Raw Message:\n\nbad gateway\n");
    row("read without a path", "read", {}, 1, "", "Not enough arguments (expected at least 1, got 0)\n");

    row("write", "write secret/a foo=bar n=5 empty=", {{"PUT /v1/secret/a", R"({"foo":"bar","n":"5","empty":""})", 204, ""}}, 0,
        "Success! Data written to: secret/a\n");
    row("write, repeated key", "write secret/a k=1 k=2 k=3", {{"PUT /v1/secret/a", R"({"k":["1","2","3"]})", 204, ""}}, 0,
        "Success! Data written to: secret/a\n");
    row("write, json, nothing comes back", "write -format=json secret/a k=1", {{"PUT /v1/secret/a", R"({"k":"1"})", 204, ""}}, 0, "");
    row("write without data", "write secret/a", {}, 1, "", "Must supply data or use -force\n");
    row("write, bad word", "write secret/a secretvalue", {}, 1, "", "Failed to parse K=V data: format must be key=value, but one word is not\n");
    row("write, refused", "write secret/a k=1",
        {{"PUT /v1/secret/a", R"({"k":"1"})", 403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})"}, kOfNoSecondary}, 2, "",
        "Error writing data to secret/a: Error making API request.\n\nURL: PUT ADDR/v1/secret/a\nCode: 403. Errors:\n\n* 1 error "
        "occurred:\n\t* permission denied\n\n\n");
    row("write -f with a warning", "write -f sys/replication/dr/primary/enable",
        {{"PUT /v1/sys/replication/dr/primary/enable", "null", 200,
          R"({"request_id":"r","lease_id":"","renewable":false,"lease_duration":0,"data":null,"wrap_info":null,"warnings":["This cluster is being enabled as a primary for replication. Vault will be unavailable for a brief period and will resume service shortly."],"auth":null})"}},
        0, "",
        "WARNING! The following warnings were returned from Vault:\n\n"
        "  * This cluster is being enabled as a primary for replication. Vault will be\n"
        "  unavailable for a brief period and will resume service shortly.\n\n");
    row("write, wrapped answer", "write sys/replication/dr/primary/secondary-token id=dr-secondary",
        {{"PUT /v1/sys/replication/dr/primary/secondary-token", R"({"id":"dr-secondary"})", 200,
          R"({"request_id":"","lease_id":"","renewable":false,"lease_duration":0,"data":null,"warnings":null,"auth":null,"wrap_info":{"token":"eyJ","accessor":"acc","ttl":1800,"creation_time":"2022-07-08T11:27:38.660697-07:00","creation_path":"sys/replication/dr/primary/secondary-token","wrapped_accessor":""}})"}},
        0,
        "Key                              Value\n---                              -----\n"
        "wrapping_token:                  eyJ\nwrapping_accessor:               acc\nwrapping_token_ttl:              30m\n"
        "wrapping_token_creation_time:    2022-07-08 11:27:38.660697 -0700 -0700\n"
        "wrapping_token_creation_path:    sys/replication/dr/primary/secondary-token\n");
    row("write, the wrapping token alone", "write -field=wrapping_token sys/replication/dr/primary/secondary-token id=x",
        {{"PUT /v1/sys/replication/dr/primary/secondary-token", R"({"id":"x"})", 200, R"({"wrap_info":{"token":"eyJ","ttl":1800}})"}}, 0, "eyJ");
    row("write as curl", "write -output-curl-string secret/a 'k=it'", {}, 0,
        "curl -X PUT -H 'X-Vault-Request: true' -H \"X-Vault-Token: $(holdfast print token)\" -d '{\"k\":\"it\"}' 'ADDR/v1/secret/a'\n");

    row("list", "list secret", {{"GET /v1/secret?list=true", "", 200, R"({"data":{"keys":["b","a/"]}})"}}, 0, "Keys\n----\na/\nb\n");
    row("list, json", "list -format=json secret/", {{"GET /v1/secret?list=true", "", 200, R"({"data":{"keys":["b","a/"]}})"}}, 0,
        "[\n  \"b\",\n  \"a/\"\n]\n");
    row("list, nothing there", "list secret", {{"GET /v1/secret?list=true", "", 404, R"({"errors":[]})"}}, 2, "", "No value found at secret/\n");
    row("list, nothing there, json", "list -format=json secret", {{"GET /v1/secret?list=true", "", 404, R"({"errors":[]})"}}, 2, "{}\n");
    row("delete", "delete secret/a", {{"DELETE /v1/secret/a", "", 204, ""}}, 0, "Success! Data deleted (if it existed) at: secret/a\n");
    row("delete with a query", "delete secret/a k=1", {{"DELETE /v1/secret/a?k=1", "", 204, ""}}, 0,
        "Success! Data deleted (if it existed) at: secret/a\n");
    row("path-help", "path-help secret", {{"GET /v1/secret?help=1", "", 200, R"({"help":"## DESCRIPTION","see_also":null})"}}, 0, "## DESCRIPTION\n");
    row("a command without its group", "unseal", {}, 127, "",
        "There is no command \"holdfast unseal\". Did you mean \"holdfast operator unseal\"?\n\"holdfast -h\" lists the commands.\n");
    row("a slip of the finger", "raed x", {}, 127, "",
        "There is no command \"holdfast raed\". Did you mean \"holdfast read\"?\n\"holdfast -h\" lists the commands.\n");
    row("print token", "print token", {}, 0, "hvs.test\n");
}

void TestCommands::statusRows()
{
    const std::string unsealed =
        R"({"type":"shamir","initialized":true,"sealed":false,"t":3,"n":5,"progress":0,"nonce":"","version":"0.1.0","build_date":"2026-01-01T00:00:00Z","migration":false,"cluster_name":"c","cluster_id":"id","recovery_seal":false,"storage_type":"leveldb"})";
    row("status, unsealed", "status",
        {{"GET /v1/sys/seal-status", "", 200, unsealed},
         {"GET /v1/sys/leader", "", 200,
          R"({"ha_enabled":true,"is_self":true,"active_time":"2026-01-02T03:04:05Z","leader_address":"http://a","leader_cluster_address":"https://a:8201","last_wal":7})"}},
        0,
        "Key             Value\n---             -----\nSeal Type       shamir\nInitialized     true\nSealed          false\n"
        "Total Shares    5\nThreshold       3\nVersion         0.1.0\nBuild Date      2026-01-01T00:00:00Z\n"
        "Storage Type    leveldb\nCluster Name    c\nCluster ID      id\nHA Enabled      true\n"
        "HA Cluster      https://a:8201\nHA Mode         active\nActive Since    2026-01-02T03:04:05Z\nLast WAL        7\n");
    row("status, sealed", "status",
        {{"GET /v1/sys/seal-status", "", 200,
          R"({"type":"shamir","initialized":true,"sealed":true,"t":3,"n":5,"progress":1,"nonce":"abc","version":"v","storage_type":"s"})"},
         {"GET /v1/sys/leader", "", 503, R"({"errors":["Vault is sealed"]})"}},
        2,
        "Key                Value\n---                -----\nSeal Type          shamir\nInitialized        true\n"
        "Sealed             true\nTotal Shares       5\nThreshold          3\nUnseal Progress    1/3\nUnseal Nonce       abc\n"
        "Version            v\nStorage Type       s\nHA Enabled         true\n");
    row("status, error", "status", {{"GET /v1/sys/seal-status", "", 500, R"({"errors":["internal error"]})"}}, 1, "",
        "Error checking seal status: Error making API request.\n\nURL: GET ADDR/v1/sys/seal-status\nCode: 500. Errors:\n\n* internal error\n");
    row("version", "version", {}, 0, "Holdfast v" HOLDFAST_VERSION "\n");
}

namespace {

const Exchange kVersioned{"GET /v1/sys/internal/ui/mounts/secret/a", "", 200, R"({"data":{"path":"secret/","type":"kv","options":{"version":"2"}}})"};
const Exchange kPlain{"GET /v1/sys/internal/ui/mounts/secret/a", "", 200, R"({"data":{"path":"secret/","type":"kv","options":null}})"};
const std::string kWritten =
    R"({"data":{"created_time":"2026-01-02T03:04:05Z","custom_metadata":null,"deletion_time":"","destroyed":false,"version":2}})";
constexpr const char* kWrittenOut = "== Secret Path ==\nsecret/data/a\n\n======= Metadata =======\nKey                Value\n"
                                    "---                -----\ncreated_time       2026-01-02T03:04:05Z\n"
                                    "custom_metadata    <nil>\ndeletion_time      n/a\ndestroyed          false\n"
                                    "version            2\n";
/// Without the headings.
const char* const kRolledBackOut = kWrittenOut + std::char_traits<char>::length("== Secret Path ==\nsecret/data/a\n\n======= Metadata =======\n");

} // namespace

void TestCommands::kvRows()
{
    const std::string read =
        R"({"data":{"data":{"foo":"bar","n":1e100},"metadata":{"created_time":"t","deletion_time":"","destroyed":false,"version":1}}})";
    const char* readOut = "== Secret Path ==\nsecret/data/a\n\n====== Metadata ======\nKey              Value\n---              -----\n"
                          "created_time     t\ndeletion_time    n/a\ndestroyed        false\nversion          1\n\n"
                          "=== Data ===\nKey    Value\n---    -----\nfoo    bar\nn      1e100\n";
    row("kv get", "kv get secret/a", {kVersioned, {"GET /v1/secret/data/a", "", 200, read}}, 0, readOut);
    row("kv get, no -mount", "kv get -mount= secret/a", {kVersioned, {"GET /v1/secret/data/a", "", 200, read}}, 0, readOut);
    row("kv get -mount", "kv get -mount=secret/ a",
        {{"GET /v1/sys/internal/ui/mounts/secret", "", 200, kVersioned.answer}, {"GET /v1/secret/data/a", "", 200, read}}, 0, readOut);
    row("kv get -version", "kv get -version=1 secret/a", {kVersioned, {"GET /v1/secret/data/a?version=1", "", 200, read}}, 0, readOut);
    row("kv get -field", "kv get -field=n secret/a", {kVersioned, {"GET /v1/secret/data/a", "", 200, read}}, 0, "1e100");
    row("kv get -field=data", "kv get -field=data -format=json secret/a",
        {kVersioned, {"GET /v1/secret/data/a", "", 200, R"({"data":{"data":{"n":1},"metadata":{}}})"}}, 0, "{\n  \"n\": 1\n}");
    row("kv get -field=data, a member of that name", "kv get -field=data secret/a",
        {kVersioned, {"GET /v1/secret/data/a", "", 200, R"({"data":{"data":{"data":"x"},"metadata":{}}})"}}, 0, "x");
    row("kv get -field, deleted", "kv get -field=n secret/a",
        {kVersioned, {"GET /v1/secret/data/a", "", 404, R"({"data":{"data":null,"metadata":{"version":1}}})"}}, 2, "",
        "No data found at secret/data/a\n");
    row("kv get, plain engine", "kv get secret/a", {kPlain, {"GET /v1/secret/a", "", 200, R"({"data":{"foo":"bar"}})"}}, 0,
        "=== Data ===\nKey    Value\n---    -----\nfoo    bar\n");
    row("kv get, server that does not tell", "kv get secret/a",
        {{kVersioned.request, "", 404, R"({"errors":[]})"}, {"GET /v1/secret/a", "", 200, R"({"data":{"foo":"bar"}})"}}, 0,
        "=== Data ===\nKey    Value\n---    -----\nfoo    bar\n");
    row("kv get, deleted", "kv get secret/a",
        {kVersioned, {"GET /v1/secret/data/a", "", 404, R"({"data":{"data":null,"metadata":{"deletion_time":"t","version":1}}})"}}, 0,
        "== Secret Path ==\nsecret/data/a\n\n====== Metadata ======\nKey              Value\n---              -----\n"
        "deletion_time    t\nversion          1\n\n");
    row("kv get, nothing there", "kv get secret/a", {kVersioned, {"GET /v1/secret/data/a", "", 404, R"({"errors":[]})"}}, 2, "",
        "No value found at secret/data/a\n");
    row("kv get, no access", "kv get secret/a",
        {{kVersioned.request, "", 403, R"({"errors":["preflight capability check returned 403"]})"}, kOfNoSecondary}, 2, "",
        "Error making API request.\n\nURL: GET ADDR/v1/sys/internal/ui/mounts/secret/a\nCode: 403. Errors:\n\n* preflight capability check "
        "returned 403\n");
    row("kv put", "kv put secret/a foo=bar", {kVersioned, {"PUT /v1/secret/data/a", R"({"data":{"foo":"bar"},"options":{}})", 200, kWritten}}, 0,
        kWrittenOut);
    row("kv put -cas", "kv put -cas=0 secret/a foo=bar",
        {kVersioned, {"PUT /v1/secret/data/a", R"({"data":{"foo":"bar"},"options":{"cas":0}})", 200, kWritten}}, 0, kWrittenOut);
    row("kv put, plain engine", "kv put secret/a foo=bar", {kPlain, {"PUT /v1/secret/a", R"({"foo":"bar"})", 204, ""}}, 0,
        "Success! Data written to: secret/a\n");
    row("kv put without data", "kv put secret/a", {}, 1, "", "Must supply data\n");
    row("kv patch", "kv patch secret/a foo=new", {kVersioned, {"PATCH /v1/secret/data/a", R"({"data":{"foo":"new"},"options":{}})", 200, kWritten}},
        0, kWrittenOut);
    const Exchange noPatch{"PATCH /v1/secret/data/a", R"({"data":{"foo":"new"},"options":{}})", 405,
                           R"({"errors":["1 error occurred:\n\t* unsupported operation\n\n"]})"};
    const Exchange refusesPatch{noPatch.request, noPatch.requestBody, 403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})"};
    const Exchange reads{"GET /v1/secret/data/a", "", 200, read};
    const Exchange writes{"PUT /v1/secret/data/a", R"({"data":{"foo":"new","n":1e100},"options":{"cas":1}})", 200, kWritten};
    row("kv patch, an older server", "kv patch secret/a foo=new", {kVersioned, noPatch, reads, writes}, 0, kWrittenOut);
    row("kv patch, update only", "kv patch secret/a foo=new", {kVersioned, refusesPatch, reads, writes}, 0, kWrittenOut,
        "Data was written to secret/data/a but we recommend that you add the \"patch\" capability to your ACL policy in "
        "order to use HTTP PATCH in the future.\n");
    row("kv patch -method=patch, refused", "kv patch -method=patch secret/a foo=new", {kVersioned, noPatch}, 2, "",
        "Error writing data to secret/data/a: Error making API request.\n\nURL: PATCH ADDR/v1/secret/data/a\nCode: 405. Errors:\n\n* 1 error occurred:\n\t* unsupported "
        "operation\n\n\n");
    row("kv patch, another error", "kv patch secret/a foo=new", {kVersioned, {noPatch.request, noPatch.requestBody, 400, R"({"errors":["no"]})"}}, 2,
        "", "Error writing data to secret/data/a: Error making API request.\n\nURL: PATCH ADDR/v1/secret/data/a\nCode: 400. Errors:\n\n* no\n");
    row("kv patch -method=rw", "kv patch -method=rw secret/a foo=new",
        {kVersioned,
         {"GET /v1/secret/data/a", "", 200, read},
         {"PUT /v1/secret/data/a", R"({"data":{"foo":"new","n":1e100},"options":{"cas":1}})", 200, kWritten}},
        0, kWrittenOut);
    row("kv list", "kv list secret/a", {kVersioned, {"GET /v1/secret/metadata/a?list=true", "", 200, R"({"data":{"keys":["x"]}})"}}, 0,
        "Keys\n----\nx\n");
    row("kv list of the mount", "kv list -mount=secret",
        {{"GET /v1/sys/internal/ui/mounts/secret", "", 200, kVersioned.answer},
         {"GET /v1/secret/metadata?list=true", "", 200, R"({"data":{"keys":["x"]}})"}},
        0, "Keys\n----\nx\n");
    row("kv delete", "kv delete secret/a", {kVersioned, {"DELETE /v1/secret/data/a", "", 204, ""}}, 0,
        "Success! Data deleted (if it existed) at: secret/data/a\n");
    row("kv delete -versions", "kv delete -versions=1,2 -versions=4 secret/a",
        {kVersioned, {"PUT /v1/secret/delete/a", R"({"versions":["1","2","4"]})", 204, ""}}, 0,
        "Success! Data deleted (if it existed) at: secret/data/a\n");
    row("kv undelete", "kv undelete -versions=1 secret/a", {kVersioned, {"PUT /v1/secret/undelete/a", R"({"versions":["1"]})", 204, ""}}, 0,
        "Success! Data written to: secret/undelete/a\n");
    row("kv destroy", "kv destroy -versions=1 secret/a", {kVersioned, {"PUT /v1/secret/destroy/a", R"({"versions":["1"]})", 204, ""}}, 0,
        "Success! Data written to: secret/destroy/a\n");
    row("kv destroy without versions", "kv destroy secret/a", {}, 1, "",
        "No versions provided, use the \"-versions\" flag to specify the version to destroy.\n");
    row("kv rollback", "kv rollback -version=1 secret/a",
        {kVersioned,
         {"GET /v1/secret/data/a", "", 200, R"({"data":{"data":{"x":"3"},"metadata":{"version":3}}})"},
         {"GET /v1/secret/data/a?version=1", "", 200, read},
         {"PUT /v1/secret/data/a", R"({"data":{"foo":"bar","n":1e100},"options":{"cas":3}})", 200, kWritten}},
        0, kRolledBackOut);
    row("kv metadata get, no key", "kv metadata get secret",
        {{"GET /v1/sys/internal/ui/mounts/secret", "", 200, R"({"data":{"path":"secret/","options":{"version":"2"}}})"},
         {"GET /v1/secret/metadata", "", 404,
          R"({"data":null,"warnings":["Non-listing operations on the root of a K/V v2 mount are not supported."]})"}},
        2, "",
        "No value found at secret/metadata\nWARNING! The following warnings were returned from Vault:\n\n  * Non-listing operations on the root of a K/V v2 mount are not supported.\n\n");
    row("kv metadata get", "kv metadata get secret/a",
        {kVersioned,
         {"GET /v1/secret/metadata/a", "", 200, R"({"data":{"cas_required":false,"versions":{"10":{"destroyed":false},"9":{"destroyed":true}}}})"}},
        0,
        "= Metadata Path =\nsecret/metadata/a\n\n====== Metadata ======\nKey             Value\n---             -----\n"
        "cas_required    false\n\n==== Version 9 ====\nKey          Value\n---          -----\ndestroyed    true\n\n"
        "=== Version 10 ===\nKey          Value\n---          -----\ndestroyed    false\n");
    row("kv metadata put", "kv metadata put -max-versions=5 -delete-version-after=1h -custom-metadata=owner=ann secret/a",
        {kVersioned,
         {"PUT /v1/secret/metadata/a", R"({"max_versions":5,"delete_version_after":"1h0m0s","custom_metadata":{"owner":"ann"}})", 204, ""}},
        0, "Success! Data written to: secret/metadata/a\n");
    row("kv metadata delete", "kv metadata delete secret/a", {kVersioned, {"DELETE /v1/secret/metadata/a", "", 204, ""}}, 0,
        "Success! Data deleted (if it existed) at: secret/metadata/a\n");
    row("kv enable-versioning", "kv enable-versioning secret/", {{"POST /v1/sys/mounts/secret/tune", R"({"options":{"version":"2"}})", 204, ""}}, 0,
        "Success! Tuned the secrets engine at: secret/\n");
    row("kv gte", "kv gte secret/a", {}, 1, "",
        "There is no command \"holdfast kv gte\". Did you mean \"holdfast kv get\"?\n\"holdfast kv -h\" lists the commands.\n");
}

void TestCommands::policyRows()
{
    row("policy list", "policy list",
        {{"GET /v1/sys/policies/acl?list=true", "", 200, R"({"data":{"keys":["default","dr-secondary-promotion","root"]}})"}}, 0,
        "default\ndr-secondary-promotion\nroot\n");
    row("policy read", "policy read My", {{"GET /v1/sys/policies/acl/my", "", 200, R"({"data":{"name":"my","policy":"path \"a\" {}\n"}})"}}, 0,
        "path \"a\" {}\n");
    row("policy read, none", "policy read my", {{"GET /v1/sys/policies/acl/my", "", 404, R"({"errors":[]})"}}, 2, "", "No policy named: my\n");
    row("policy delete", "policy delete my", {{"DELETE /v1/sys/policies/acl/my", "", 204, ""}}, 0, "Success! Deleted policy: my\n");
    row("policy write, no file", "policy write my /nonexistent", {}, 2, "",
        "Error opening policy file: error reading file: open /nonexistent: No such file or directory\n");
}

void TestCommands::tokenRows()
{
    row("token create by a role", "token create -role=failover-handler -ttl=8h",
        {{"POST /v1/auth/token/create/failover-handler",
          R"({"policies":null,"meta":null,"ttl":"8h0m0s","explicit_max_ttl":"0s","period":"0s","no_parent":false,"no_default_policy":false,"display_name":"","num_uses":0,"renewable":true,"type":"service","entity_alias":""})",
          200,
          R"({"data":null,"auth":{"client_token":"hvb.AAAA","accessor":"","lease_duration":28800,"renewable":false,"token_policies":["default","dr-secondary-promotion"],"identity_policies":null,"policies":["default","dr-secondary-promotion"]}})"}},
        0,
        "Key                  Value\n---                  -----\ntoken                hvb.AAAA\ntoken_accessor       n/a\n"
        "token_duration       8h\ntoken_renewable      false\ntoken_policies       [\"default\" \"dr-secondary-promotion\"]\n"
        "identity_policies    []\npolicies             [\"default\" \"dr-secondary-promotion\"]\n");
    row("token create, every option",
        "token create -policy=a -policy=b -id=x -orphan -no-default-policy -period=30 -explicit-max-ttl=1h -display-name=d -use-limit=3 -type=batch -renewable=false -metadata=k=v "
        "-field=token",
        {{"POST /v1/auth/token/create",
          R"({"id":"x","policies":["a","b"],"meta":{"k":"v"},"ttl":"0s","explicit_max_ttl":"1h0m0s","period":"30s","no_parent":true,"no_default_policy":true,"display_name":"d","num_uses":3,"renewable":false,"type":"batch","entity_alias":""})",
          200, R"({"auth":{"client_token":"hvb.B"}})"}},
        0, "hvb.B");
    row("token create, bad duration", "token create -ttl=soon", {}, 1, "",
        "invalid value \"soon\" for flag -ttl: must be a duration such as 30m, 8h or 3600\n"
        "holdfast token create -h lists its options.\n");
    row("token lookup", "token lookup -field=ttl", {{"GET /v1/auth/token/lookup-self", "", 200, R"({"data":{"ttl":30}})"}}, 0, "30");
    row("token lookup of another", "token lookup -field=ttl t", {{"POST /v1/auth/token/lookup", R"({"token":"t"})", 200, R"({"data":{"ttl":30}})"}},
        0, "30");
    row("token lookup -accessor", "token lookup -accessor -field=ttl t",
        {{"POST /v1/auth/token/lookup-accessor", R"({"accessor":"t"})", 200, R"({"data":{"ttl":30}})"}}, 0, "30");
    row("token renew", "token renew -increment=1h",
        {{"PUT /v1/auth/token/renew-self", R"({"increment":3600})", 400, R"({"errors":["invalid lease ID"]})"}}, 2, "",
        "Error renewing token: Error making API request.\n\nURL: PUT ADDR/v1/auth/token/renew-self\nCode: 400. Errors:\n\n* invalid lease ID\n");
    row("token renew of another", "token renew -field=token t",
        {{"PUT /v1/auth/token/renew", R"({"increment":0,"token":"t"})", 200, R"({"auth":{"client_token":"t"}})"}}, 0, "t");
    row("token revoke", "token revoke t", {{"PUT /v1/auth/token/revoke", R"({"token":"t"})", 204, ""}}, 0,
        "Success! Revoked token (if it existed)\n");
    row("token revoke -self", "token revoke -self", {{"PUT /v1/auth/token/revoke-self", "null", 204, ""}}, 0,
        "Success! Revoked token (if it existed)\n");
    row("token revoke -mode=orphan", "token revoke -mode=orphan t", {{"PUT /v1/auth/token/revoke-orphan", R"({"token":"t"})", 204, ""}}, 0,
        "Success! Revoked token (if it existed)\n");
    row("token revoke -mode=path", "token revoke -mode=path auth/userpass/", {{"PUT /v1/sys/leases/revoke-prefix/auth/userpass", "null", 204, ""}}, 0,
        "Success! Revoked token (if it existed)\n");
    row("token revoke of nothing", "token revoke", {}, 1, "", "Not enough arguments (expected 1, got 0)\n");
    row("token capabilities", "token capabilities secret/a",
        {{"POST /v1/sys/capabilities-self", R"({"path":"secret/a"})", 200,
          R"({"data":{"capabilities":["list","read"],"secret/a":["list","read"]}})"}},
        0, "list, read\n");
    row("token capabilities of another", "token capabilities t secret/a",
        {{"POST /v1/sys/capabilities", R"({"path":"secret/a","token":"t"})", 200, R"({"data":{"secret/a":["deny"]}})"}}, 0, "deny\n");
}

void TestCommands::mountRows()
{
    const std::string mounts =
        R"({"data":{"sys/":{"type":"system","accessor":"system_1","description":"system"},"kv/":{"type":"kv","accessor":"kv_1","description":"","local":true,"uuid":"u","options":{"version":"2"},"config":{"default_lease_ttl":0,"max_lease_ttl":60,"force_no_cache":false}}}})";
    const std::string rest =
        R"("config":{"options":null,"default_lease_ttl":"0s","max_lease_ttl":"0s","force_no_cache":false},"local":false,"seal_wrap":false,"external_entropy_access":false,)";
    row("secrets enable", "secrets enable kv-v2",
        {{"POST /v1/sys/mounts/kv-v2", R"({"type":"kv-v2","description":"",)" + rest + R"("options":null})", 204, ""}}, 0,
        "Success! Enabled the kv-v2 secrets engine at: kv-v2/\n");
    row("secrets enable, options", "secrets enable -path=team/ -version=2 -local -description=d -default-lease-ttl=1h kv",
        {{"POST /v1/sys/mounts/team",
          R"({"type":"kv","description":"d","config":{"options":null,"default_lease_ttl":"1h0m0s","max_lease_ttl":"0s","force_no_cache":false},"local":true,"seal_wrap":false,"external_entropy_access":false,"options":{"version":"2"}})",
          204, ""}},
        0, "Success! Enabled the kv secrets engine at: team/\n");
    row("secrets disable", "secrets disable team/", {{"DELETE /v1/sys/mounts/team", "", 204, ""}}, 0,
        "Success! Disabled the secrets engine (if it existed) at: team/\n");
    row("secrets list", "secrets list", {{"GET /v1/sys/mounts", "", 200, mounts}}, 0,
        "Path    Type      Accessor    Description\n----    ----      --------    -----------\nkv/     kv        kv_1        n/a\n"
        "sys/    system    system_1    system\n");
    row("secrets list, json", "secrets list -format=json", {{"GET /v1/sys/mounts", "", 200, R"({"data":{"b/":{"type":"kv"},"a/":{"type":"kv"}}})"}},
        0, "{\n  \"a/\": {\n    \"type\": \"kv\"\n  },\n  \"b/\": {\n    \"type\": \"kv\"\n  }\n}\n");
    row("secrets list -detailed", "secrets list -detailed", {{"GET /v1/sys/mounts", "", 200, mounts}}, 0,
        "Path    Plugin    Accessor    Default TTL    Max TTL    Force No Cache    Replication    Seal Wrap    External Entropy Access    Options           Description    UUID    Version    Running Version    Running SHA256    Deprecation Status\n"
        "----    ------    --------    -----------    -------    --------------    -----------    ---------    -----------------------    -------           -----------    ----    -------    ---------------    --------------    ------------------\n"
        "kv/     kv        kv_1        system         60         false             local          false        false                      map[version:2]    n/a            u       n/a        n/a                n/a               n/a\n"
        "sys/    system    system_1    n/a            n/a        false             replicated     false        false                      map[]             system         n/a     n/a        n/a                n/a               n/a\n");
    row("auth list -detailed", "auth list -detailed",
        {{"GET /v1/sys/auth", "", 200,
          R"({"data":{"token/":{"type":"token","accessor":"t_1","description":"d","uuid":"u","config":{"default_lease_ttl":0,"max_lease_ttl":0,"token_type":"default-service"},"deprecation_status":"supported"}}})"}},
        0,
        "Path      Plugin    Accessor    Default TTL    Max TTL    Token Type         Replication    Seal Wrap    External Entropy Access    Options    Description    UUID    Version    Running Version    Running SHA256    Deprecation Status\n"
        "----      ------    --------    -----------    -------    ----------         -----------    ---------    -----------------------    -------    -----------    ----    -------    ---------------    --------------    ------------------\n"
        "token/    token     t_1         system         system     default-service    replicated     false        false                      map[]      d              u       n/a        n/a                n/a               supported\n");
    row("secrets tune", "secrets tune -max-lease-ttl=system -listing-visibility=unauth kv/",
        {{"POST /v1/sys/mounts/kv/tune", R"({"max_lease_ttl":"system","listing_visibility":"unauth"})", 204, ""}}, 0,
        "Success! Tuned the secrets engine at: kv/\n");
    row("secrets move", "secrets move kv/ new/", {{"POST /v1/sys/remount", R"({"from":"kv","to":"new"})", 204, ""}}, 0,
        "Success! Moved secrets engine kv/ to: new/\n");
    row("secrets move, in the background", "secrets move kv/ new/",
        {{"POST /v1/sys/remount", R"({"from":"kv","to":"new"})", 200, R"({"data":{"migration_id":"m"}})"},
         {"GET /v1/sys/remount/status/m", "", 200, R"({"data":{"migration_info":{"status":"in-progress"}}})"},
         {"GET /v1/sys/remount/status/m", "", 200, R"({"data":{"migration_info":{"status":"success"}}})"}},
        0,
        "Started moving secrets engine kv/ to new/, with migration ID m\nSuccess! Finished moving secrets engine kv/ to new/, with migration ID m\n");
    const std::string catalog =
        R"({"data":{"auth":["userpass"],"database":[],"secret":["kv"],"detailed":[{"name":"userpass","type":"auth","version":"v1","builtin":true,"deprecation_status":"supported"},{"name":"kv","type":"secret","version":"v1","builtin":true,"deprecation_status":"supported"}]}})";
    row("plugin list", "plugin list", {{"GET /v1/sys/plugins/catalog", "", 200, catalog}}, 0,
        "Name        Type      Version\n----        ----      -------\nuserpass    auth      v1\nkv          secret    v1\n");
    row("plugin list of a type", "plugin list -detailed secret", {{"GET /v1/sys/plugins/catalog", "", 200, catalog}}, 0,
        "Name    Type      Version    Deprecation Status\n----    ----      -------    ------------------\nkv      secret    v1         supported\n");
    row("plugin list of an odd type", "plugin list odd", {}, 1, "", "Error parsing type: \"odd\" is not a supported plugin type\n");
    row("operator usage, none", "operator usage",
        {{"GET /v1/sys/internal/counters/activity", "", 204, ""},
         {"GET /v1/sys/internal/counters/config", "", 200, R"({"data":{"queries_available":false,"enabled":"disable"}})"}},
        0, "There is no data: this server counts no clients.\n");
    row("operator usage", "operator usage -start-time=1",
        {{"GET /v1/sys/internal/counters/activity?start_time=1", "", 200,
          R"({"data":{"start_time":"a","end_time":"b","by_namespace":[{"namespace_path":"","counts":{"distinct_entities":1,"non_entity_tokens":2,"clients":3}}],"total":{"distinct_entities":1,"non_entity_tokens":2,"clients":3}}})"}},
        0,
        "Period start: a\nPeriod end: b\n\n"
        "Namespace path    Distinct entities    Non-Entity tokens    Active clients\n"
        "--------------    -----------------    -----------------    --------------\n"
        "[root]            1                    2                    3\n"
        "Total             1                    2                    3\n");
    row("auth enable", "auth enable userpass",
        {{"POST /v1/sys/auth/userpass", R"({"type":"userpass","description":"",)" + rest + R"("options":null})", 204, ""}}, 0,
        "Success! Enabled userpass auth method at: userpass/\n");
    row("auth tune, lockouts",
        "auth tune -user-lockout-threshold=3 -user-lockout-duration=5m -user-lockout-counter-reset-duration=60 -user-lockout-disable=false userpass",
        {{"POST /v1/sys/mounts/auth/userpass/tune",
          R"({"user_lockout_config":{"lockout_threshold":"3","lockout_duration":"5m0s","lockout_counter_reset_duration":"1m0s","lockout_disable":false}})",
          204, ""}},
        0, "Success! Tuned the auth method at: userpass/\n");
    row("auth tune", "auth tune -token-type=batch userpass", {{"POST /v1/sys/mounts/auth/userpass/tune", R"({"token_type":"batch"})", 204, ""}}, 0,
        "Success! Tuned the auth method at: userpass/\n");
    row("auth disable", "auth disable userpass", {{"DELETE /v1/sys/auth/userpass", "", 204, ""}}, 0,
        "Success! Disabled the auth method (if it existed) at: userpass/\n");
    row("auth list", "auth list", {{"GET /v1/sys/auth", "", 200, R"({"data":{"token/":{"type":"token","accessor":"a","description":"d"}}})"}}, 0,
        "Path      Type     Accessor    Description\n----      ----     --------    -----------\ntoken/    token    a           d\n");
    row("audit enable, slashes around the path", "audit enable -path=/team/ file file_path=stdout",
        {{"PUT /v1/sys/audit/team", R"({"type":"file","description":"","options":{"file_path":"stdout"},"local":false})", 204, ""}}, 0,
        "Success! Enabled the file audit device at: team/\n");
    row("audit enable", "audit enable -local file file_path=stdout",
        {{"PUT /v1/sys/audit/file", R"({"type":"file","description":"","options":{"file_path":"stdout"},"local":true})", 204, ""}}, 0,
        "Success! Enabled the file audit device at: file/\n");
    row("audit list, none", "audit list", {{"GET /v1/sys/audit", "", 200, R"({"data":{}})"}}, 2, "No audit devices are enabled.\n");
    row("audit list -detailed", "audit list -detailed",
        {{"GET /v1/sys/audit", "", 200, R"({"data":{"file/":{"type":"file","options":{"file_path":"x"},"local":false}}})"}}, 0,
        "Path     Type    Description    Replication    Options\n----     ----    -----------    -----------    -------\nfile/    file    n/a            replicated     file_path=x\n");
    row("audit disable", "audit disable file/", {{"DELETE /v1/sys/audit/file", "", 204, ""}}, 0,
        "Success! Disabled audit device (if it was enabled) at: file/\n");
}

void TestCommands::operatorRows()
{
    const std::string init =
        R"({"secret_shares":3,"secret_threshold":2,"stored_shares":0,"pgp_keys":null,"recovery_shares":5,"recovery_threshold":3,"recovery_pgp_keys":null,"root_token_pgp_key":""})";
    const std::string keys = R"({"keys":["aa","bb","cc"],"keys_base64":["qg==","uw==","zA=="],"root_token":"hvs.root"})";
    row("operator init", "operator init -key-shares=3 -key-threshold=2", {{"PUT /v1/sys/init", init, 200, keys}}, 0,
        "Unseal Key 1: qg==\nUnseal Key 2: uw==\nUnseal Key 3: zA==\n\nInitial Root Token: hvs.root\n\n"
        "Vault initialized with 3 key shares and a key threshold of 2. Please securely\ndistribute the key shares printed above. When the Vault is "
        "re-sealed,\nrestarted, or stopped, you must supply at least 2 of these keys to unseal it\nbefore it can start servicing requests.\n\n"
        "Vault does not store the generated root key. Without at least 2 keys to\nreconstruct the root key, Vault will remain permanently sealed!\n");
    row("operator init, json", "operator init -n 3 -t 2 -format=json", {{"PUT /v1/sys/init", init, 200, keys}}, 0,
        "{\n  \"unseal_keys_b64\": [\n    \"qg==\",\n    \"uw==\",\n    \"zA==\"\n  ],\n  \"unseal_keys_hex\": [\n    \"aa\",\n    \"bb\",\n"
        "    \"cc\"\n  ],\n  \"unseal_shares\": 3,\n  \"unseal_threshold\": 2,\n  \"recovery_keys_b64\": [],\n  \"recovery_keys_hex\": [],\n"
        "  \"recovery_keys_shares\": 0,\n  \"recovery_keys_threshold\": 0,\n  \"root_token\": \"hvs.root\"\n}\n");
    row("operator init -status, no", "operator init -status", {{"GET /v1/sys/init", "", 200, R"({"initialized":false})"}}, 2,
        "Vault is not initialized\n");
    row("operator init -status, yes", "operator init -status -format=json", {{"GET /v1/sys/init", "", 200, R"({"initialized":true})"}}, 0,
        "{\n  \"initialized\": true\n}\n");
    row("operator unseal", "operator unseal abc",
        {{"PUT /v1/sys/unseal", R"({"key":"abc","reset":false,"migrate":false})", 200,
          R"({"type":"shamir","initialized":true,"sealed":true,"t":2,"n":3,"progress":1,"nonce":"x","version":"v","storage_type":"s"})"},
         {"GET /v1/sys/leader", "", 503, R"({"errors":["Vault is sealed"]})"}},
        0,
        "Key                Value\n---                -----\nSeal Type          shamir\nInitialized        true\nSealed             true\n"
        "Total Shares       3\nThreshold          2\nUnseal Progress    1/2\nUnseal Nonce       x\nVersion            v\nStorage Type       s\n"
        "HA Enabled         true\n");
    row("operator unseal -reset, json", "operator unseal -reset -format=json",
        {{"PUT /v1/sys/unseal", R"({"reset":true})", 200, R"({"sealed":true})"},
         {"GET /v1/sys/leader", "", 503, R"({"errors":["Vault is sealed"]})"}},
        0, "{\n  \"sealed\": true,\n  \"ha_enabled\": true,\n  \"active_time\": \"0001-01-01T00:00:00Z\"\n}\n");
    row("operator seal", "operator seal", {{"PUT /v1/sys/seal", "null", 204, ""}}, 0, "Success! Vault is sealed.\n");
    row("operator step-down", "operator step-down", {{"PUT /v1/sys/step-down", "null", 204, ""}}, 0, "Success! Stepped down: ADDR\n");
    row("operator rotate", "operator rotate",
        {{"POST /v1/sys/rotate", "null", 204, ""},
         {"GET /v1/sys/key-status", "", 200, R"({"data":{"term":2,"install_time":"t","encryptions":5},"term":2})"}},
        0, "Success! Rotated key\n\nKey Term            2\nInstall Time        t\nEncryption Count    5\n");

    const std::string dr = "/v1/sys/replication/dr/secondary/generate-operation-token/";
    row("generate-root -dr-token -init", "operator generate-root -dr-token -init",
        {{"PUT " + dr + "attempt", R"({"otp":"","pgp_key":""})", 200,
          R"({"nonce":"b473","started":true,"progress":0,"required":3,"complete":false,"encoded_token":"","otp":"EYHA","otp_length":4})"}},
        0, "Nonce         b473\nStarted       true\nProgress      0/3\nComplete      false\nOTP           EYHA\nOTP Length    4\n",
        "A One-Time-Password has been generated for you and is shown in the OTP field.\nYou will need this value to decode the resulting root token, so keep it safe.\n");
    row("generate-root -init with a further word", "operator generate-root -dr-token -init A",
        {{"PUT " + dr + "attempt", R"({"otp":"","pgp_key":""})", 200,
          R"({"nonce":"b473","started":true,"progress":0,"required":3,"complete":false})"}},
        0, "Nonce       b473\nStarted     true\nProgress    0/3\nComplete    false\n");
    row("generate-root, a share", "operator generate-root -dr-token -nonce=b473 KEY",
        {{"GET " + dr + "attempt", "", 200, R"({"nonce":"b473","started":true})"},
         {"PUT " + dr + "update", R"({"key":"KEY","nonce":"b473"})", 200,
          R"({"nonce":"b473","started":true,"progress":3,"required":3,"complete":true,"encoded_token":"djw4"})"}},
        0, "Nonce            b473\nStarted          true\nProgress         3/3\nComplete         true\nEncoded Token    djw4\n");
    row("generate-root, one field", "operator generate-root -status -field=progress",
        {{"GET /v1/sys/generate-root/attempt", "", 200, R"({"progress":2})"}}, 0, "2");
    row("an option of others", "operator seal -field=x", {}, 1, "",
        "flag provided but not defined: -field\nholdfast operator seal -h lists its options.\n");
    row("generate-root, not started", "operator generate-root -dr-token -nonce=b473 KEY",
        {{"GET " + dr + "attempt", "", 200, R"({"started":false,"otp_length":28})"}}, 1, "",
        "No root generation is in progress. Start a root generation by running\n\"holdfast operator generate-root -dr-token -init\".\n"
        "If starting root generation using the OTP method and generating your own OTP,\nthe length of the OTP string needs to be 28 characters in length.\n");
    row("generate-root, no nonce", "operator generate-root KEY", {{"GET /v1/sys/generate-root/attempt", "", 200, R"({"started":true,"nonce":"n"})"}},
        1, "", "Missing nonce value: specify it via the -nonce flag\n");
    row("generate-root -decode", "operator generate-root -dr-token -decode=JGsAeTApUAQsIGJTAxAIYgobcRo9TCY3IwA -otp=WEaATFbgIi01meg1AUGNNySFle", {},
        0, "s.a8do2ceIRbnuoSKN6Ts5uqOe");
    row("generate-root -decode, wrong length", "operator generate-root -decode=djw4 -otp=E", {}, 1, "",
        "Error xoring token: length of byte slices is not equivalent: 3 != 1\n");
    row("generate-root -decode without -otp", "operator generate-root -decode=djw4", {}, 1, "", "Missing otp: use -otp to supply it\n");
    row("generate-root -cancel", "operator generate-root -cancel", {{"DELETE /v1/sys/generate-root/attempt", "", 204, ""}}, 0,
        "Success! Root token generation canceled (if it was started)\n");
    const std::string started = R"("nonce":"n1","started":true,"t":2,"n":3,"progress":1,"required":3,"verification_required":false)";
    row("rekey -init", "operator rekey -init -key-shares=3 -t 2 -format=json",
        {{"PUT /v1/sys/rekey/init",
          R"({"secret_shares":3,"secret_threshold":2,"stored_shares":0,"pgp_keys":null,"Backup":false,"require_verification":false})", 200,
          R"({"nonce":"n1"})"}},
        0, "{\n  \"nonce\": \"n1\"\n}\n");
    row("rekey -status", "operator rekey -status", {{"GET /v1/sys/rekey/init", "", 200, "{" + started + "}"}}, 0,
        "Key                      Value\n---                      -----\nNonce                    n1\nStarted                  true\n"
        "Rekey Progress           1/3\nNew Shares               3\nNew Threshold            2\nVerification Required    false\n");
    row("rekey, the last key", "operator rekey -target=recovery -nonce=n1 KEY",
        {{"GET /v1/sys/rekey-recovery-key/init", "", 200, "{" + started + "}"},
         {"PUT /v1/sys/rekey-recovery-key/update", R"({"key":"KEY","nonce":"n1"})", 200,
          R"({"nonce":"n1","complete":true,"keys":["00","01"],"keys_base64":["AA==","AQ=="]})"}},
        0,
        "Key 1: AA==\nKey 2: AQ==\n\nOperation nonce: n1\n\n"
        "Vault recovery keys rekeyed with 3 key shares and a key threshold of 2. Hand\nthem out now. The old keys are no longer valid.\n");
    row("rekey -verify", "operator rekey -verify -nonce=v1 KEY",
        {{"GET /v1/sys/rekey/verify", "", 200, R"({"nonce":"v1","started":true,"t":2,"n":3,"progress":1})"},
         {"PUT /v1/sys/rekey/verify", R"({"key":"KEY","nonce":"v1"})", 200, R"({"nonce":"v1","complete":true})"}},
        0, "Success! The new keys are verified and valid from now on. The old keys are no longer valid.\n");
    row("rekey -cancel", "operator rekey -cancel", {{"DELETE /v1/sys/rekey/init", "", 204, ""}}, 0,
        "Success! Canceled rekeying (if it was started)\n");
    row("rekey, not started", "operator rekey -nonce=n1 KEY", {{"GET /v1/sys/rekey/init", "", 200, R"({"started":false})"}}, 1, "",
        "No rekey is in progress. Start a rekey by running \"holdfast operator rekey\n-init\".\n");
    row("rekey, no such target", "operator rekey -target=both -init", {}, 1, "", "-target must be barrier or recovery\n");
    row("raft list-peers", "operator raft list-peers",
        {{"GET /v1/sys/storage/raft/configuration", "", 200,
          R"({"data":{"config":{"servers":[{"node_id":"n1","address":"a:8201","leader":true,"voter":true}]}}})"}},
        0, "Node    Address    State     Voter\n----    -------    -----     -----\nn1      a:8201     leader    true\n");
    row("raft list-peers on a DR secondary", "operator raft list-peers -dr-token=t -format=json",
        {{"PUT /v1/sys/storage/raft/configuration", R"({"dr_operation_token":"t"})", 403, R"({"errors":["permission denied"]})"}, kOfNoSecondary}, 2,
        "",
        "Error reading the raft cluster configuration: Error making API request.\n\nURL: PUT ADDR/v1/sys/storage/raft/configuration\nCode: 403. Errors:\n\n* permission denied\n");
}

void TestCommands::leaseRows()
{
    row("lease renew", "lease renew -increment=60 a/b",
        {{"PUT /v1/sys/leases/renew", R"({"increment":60,"lease_id":"a/b"})", 200,
          R"({"lease_id":"a/b","renewable":true,"lease_duration":60,"data":null})"}},
        0, "Key                Value\n---                -----\nlease_id           a/b\nlease_duration     1m\nlease_renewable    true\n");
    row("lease lookup", "lease lookup a/b", {{"PUT /v1/sys/leases/lookup", R"({"lease_id":"a/b"})", 200, R"({"data":{"id":"a/b","ttl":60}})"}}, 0,
        "Key    Value\n---    -----\nid     a/b\nttl    1m\n");
    row("lease revoke", "lease revoke a/b", {{"PUT /v1/sys/leases/revoke", R"({"lease_id":"a/b","sync":false})", 202, ""}}, 0,
        "All revocation operations queued successfully!\n");
    row("lease revoke -sync", "lease revoke -sync a/b", {{"PUT /v1/sys/leases/revoke", R"({"lease_id":"a/b","sync":true})", 204, ""}}, 0,
        "Success! Revoked lease: a/b\n");
    row("lease revoke -prefix", "lease revoke -prefix a/", {{"PUT /v1/sys/leases/revoke-prefix/a", R"({"sync":false})", 202, ""}}, 0,
        "All revocation operations queued successfully!\n");
    row("lease revoke -force alone", "lease revoke -force a", {}, 1, "", "Specifying -force requires also specifying -prefix\n");
    row("unwrap", "unwrap hvs.w", {{"PUT /v1/sys/wrapping/unwrap", R"({"token":"hvs.w"})", 200, R"({"data":{"a":"b"}})"}}, 0,
        "Key    Value\n---    -----\na      b\n");
    row("unwrap of the token in use", "unwrap hvs.test", {{"PUT /v1/sys/wrapping/unwrap", "null", 200, R"({"data":{"a":"b"}})"}}, 0,
        "Key    Value\n---    -----\na      b\n");
    row("wrapping lookup", "wrapping lookup hvs.w",
        {{"POST /v1/sys/wrapping/lookup", R"({"token":"hvs.w"})", 200, R"({"data":{"creation_ttl":300}})"}}, 0,
        "Key             Value\n---             -----\ncreation_ttl    5m\n");
    row("wrapping wrap", "wrapping wrap -field=wrapping_token a=b",
        {{"PUT /v1/sys/wrapping/wrap", R"({"a":"b"})", 200, R"({"wrap_info":{"token":"hvs.w"}})"}}, 0, "hvs.w");
}

void TestCommands::commandsAskAndPrint_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<Exchanges>("exchanges");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("out");
    QTest::addColumn<QByteArray>("err");
    dataRows();
    statusRows();
    kvRows();
    policyRows();
    tokenRows();
    mountRows();
    operatorRows();
    leaseRows();
}

void TestCommands::commandsAskAndPrint()
{
    QFETCH(QByteArray, line);
    QFETCH(Exchanges, exchanges);
    QFETCH(int, code);
    QFETCH(QByteArray, out);
    QFETCH(QByteArray, err);
    std::vector<ScriptedServer::Answer> answers;
    for (const auto& exchange : exchanges) answers.push_back({exchange.status, exchange.answer});
    const auto run = runCommand(wordsOf(line.toStdString()), answers);
    QCOMPARE(QByteArray::fromStdString(run.err), err);
    QCOMPARE(QByteArray::fromStdString(run.out), out);
    QCOMPARE(run.code, code);
    QCOMPARE(run.requests.size(), exchanges.size());
    for (std::size_t at = 0; at < exchanges.size(); ++at) {
        QCOMPARE(QByteArray::fromStdString(run.requests[at].line), QByteArray::fromStdString(exchanges[at].request));
        QCOMPARE(QByteArray::fromStdString(run.requests[at].body), QByteArray::fromStdString(exchanges[at].requestBody));
        QCOMPARE(run.requests[at].headers.at("x-vault-request"), std::string{"true"});
        QCOMPARE(run.requests[at].headers.contains("content-type"), exchanges[at].request.starts_with("PATCH ")); // of a merge patch
    }
}

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"
