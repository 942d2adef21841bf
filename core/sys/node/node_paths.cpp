#include "core/sys/node/node_paths.h"

namespace core::sys {
namespace {

using mount::Response;

const Field kKey{"key", FieldType::Text, "A key share, in hex or base64."};
const Field kNonce{"nonce", FieldType::Text, "The nonce of the attempt."};

/// Every caller can use it: no token exists yet, or key shares are the proof.
void addOpen(RouteTable& table, std::string pattern, Verb verbs, FieldList fields, const char* help)
{
    // NodeEndpoints answers before a request reaches a table; a verb that it does not know gets this answer there.
    const auto unknown = [](Call&) -> Result<Response> { return Response::error(405, {}); };
    table.add({.verbs = verbs, .pattern = std::move(pattern), .handle = unknown, .openVerbs = verbs, .fields = std::move(fields), .help = help});
}

void addStatusPaths(RouteTable& table)
{
    addOpen(table, "health", Verb::Read,
            {{"standbyok", FieldType::Boolean, "A standby counts as active.", "false"},
             {"perfstandbyok", FieldType::Boolean, "A performance standby counts as active.", "false"},
             {"activecode", FieldType::Integer, "The status code of an active node.", "200"},
             {"standbycode", FieldType::Integer, "That of a standby.", "429"},
             {"drsecondarycode", FieldType::Integer, "That of a DR secondary.", "472"},
             {"performancestandbycode", FieldType::Integer, "That of a performance standby.", "473"},
             {"sealedcode", FieldType::Integer, "That of a sealed node.", "503"},
             {"uninitcode", FieldType::Integer, "That of a node that is not initialised.", "501"},
             {"maxlag", FieldType::Duration, "The lag from which on a secondary is too far behind."},
             {"lagcode", FieldType::Integer, "The status code of a secondary that is too far behind."}},
            "Shows the health of the node, by status code and body.");
    addOpen(table, "seal-status", Verb::Read, {}, "Shows whether the node is sealed, and how many key shares were given.");
    addOpen(table, "leader", Verb::Read, {}, "Shows the active node.");
    addOpen(table, "init", Verb::Read, {}, "Shows whether the cluster is initialised.");
    addOpen(table, "init", Verb::Write,
            {{"secret_shares", FieldType::Integer, "How many key shares are made."},
             {"secret_threshold", FieldType::Integer, "How many of them unseal."},
             {"recovery_shares", FieldType::Integer, "With an automatic seal: how many recovery shares are made."},
             {"recovery_threshold", FieldType::Integer, "With an automatic seal: how many of them are needed."}},
            "Initialises the cluster. The answer has the key shares and the root token, once.");
    addOpen(table, "unseal", Verb::Write,
            {kKey,
             {"reset", FieldType::Boolean, "Forgets the shares given so far.", "false"},
             {"migrate", FieldType::Boolean, "The share is for a move to another seal.", "false"}},
            "Takes one key share; with enough of them the node opens.");
    addOpen(table, "storage/raft/join", Verb::Write, {}, "Refused: a cluster has one node.");
}

void addGenerationPaths(RouteTable& table)
{
    for (const std::string folder : {"generate-root", "replication/dr/secondary/generate-operation-token"}) {
        const bool isRoot = folder == "generate-root";
        const char* start = isRoot ? "Makes a root token with a quorum of key shares: begins, shows or ends the attempt."
                                   : "Makes a DR operation token with a quorum of key shares: begins, shows or ends the attempt.";
        addOpen(table, folder + "/attempt", Verb::Read, {}, start);
        addOpen(table, folder + "/attempt", Verb::Write, {{"otp", FieldType::Text, "The one-time password; made and shown once without it."}}, start);
        addOpen(table, folder + "/attempt", Verb::Delete, {}, start);
        addOpen(table, folder + "/update", Verb::Write, {kKey, kNonce}, "Takes one key share for the attempt.");
    }
}

void addRekeyPaths(RouteTable& table)
{
    for (const std::string folder : {"rekey", "rekey-recovery-key"}) {
        const char* start = "Replaces the key shares: begins, shows or ends the attempt.";
        addOpen(table, folder + "/init", Verb::Read, {}, start);
        addOpen(table, folder + "/init", Verb::Write,
                {{"secret_shares", FieldType::Integer, "How many new shares are made."},
                 {"secret_threshold", FieldType::Integer, "How many of them are needed."},
                 {"require_verification", FieldType::Boolean, "The new shares count when they were given once.", "false"}},
                start);
        addOpen(table, folder + "/init", Verb::Delete, {kNonce}, start);
        addOpen(table, folder + "/update", Verb::Write, {kKey, kNonce}, "Takes one of the present shares.");
        const char* check = "Takes one of the new shares, to prove that they arrived; shows or restarts that proof.";
        addOpen(table, folder + "/verify", Verb::Read, {}, check);
        addOpen(table, folder + "/verify", Verb::Write, {kKey, kNonce}, check);
        addOpen(table, folder + "/verify", Verb::Delete, {kNonce}, check);
    }
}

} // namespace

const RouteTable& nodePaths()
{
    static const RouteTable table = [] {
        RouteTable made{"sys/"};
        addStatusPaths(made);
        addGenerationPaths(made);
        addRekeyPaths(made);
        return made;
    }();
    return table;
}

} // namespace core::sys
