#pragma once

#include "app/holdfast/client/client.h"
#include "app/holdfast/text/output.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Everything that a running command needs.
class Invocation {
public:
    Invocation(Context& context, Arguments arguments, Output output, Client client)
        : m_context{context}
        , m_arguments{std::move(arguments)}
        , m_output{output}
        , m_client{std::move(client)}
    {}

    Context& context() { return m_context; }
    const Arguments& arguments() const { return m_arguments; }
    Output& output() { return m_output; }
    Client& client() { return m_client; }

    /// Asks on the terminal, without echo. Errors: Unavailable (no terminal, or -non-interactive), Cancelled.
    core::Result<core::SecretBytes> ask(std::string_view question);

    /// Argument `index`; empty if there are fewer.
    std::string argument(std::size_t index) const;
    /// The same without slashes at its ends.
    std::string path(std::size_t index = 0) const;

    /// Prints the error, after "what: " if that is not empty, and returns its exit code. For -output-curl-string it prints the call as a result.
    int fail(std::string_view what, const core::Error& error);
    int failLocally(std::string_view text);

    /// Prints the answer: the field of -field, a secret, or nothing.
    int show(const Secret& secret);

private:
    Context& m_context;
    Arguments m_arguments;
    Output m_output;
    Client m_client;
};

inline bool asksServer(const Arguments&)
{
    return true;
}

/// One command as data. The longest name that fits the words, such as "kv metadata get", is chosen.
struct Command {
    std::string_view name;
    std::string_view synopsis;      // one line, for lists of commands
    std::string_view argumentsHelp; // "PATH [K=V...]"
    std::string_view help;          // what it does, with examples
    std::vector<Flag> flags;
    std::size_t argumentsMin = 0;
    std::size_t argumentsMax = 0;
    int (*run)(Invocation&);
    bool printsField = false; // takes -field
    /// False: the command does not read address, token and certificates, so a fault in them cannot stop it.
    bool (*needsServer)(const Arguments&) = asksServer;
    /// A further format, in addition to table, JSON and YAML. The command line refuses any other before it calls a server.
    std::optional<Output::Format> extraFormat = {};
};

inline constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

std::vector<Command> statusCommands();
std::vector<Command> loginCommands();
std::vector<Command> dataCommands();
std::vector<Command> patchCommands();
std::vector<Command> memberCommands();
std::vector<Command> kvCommands();
std::vector<Command> kvMetadataCommands();
std::vector<Command> policyCommands();
std::vector<Command> tokenCommands();
std::vector<Command> mountCommands();
std::vector<Command> auditCommands();
std::vector<Command> pluginCommands();
std::vector<Command> completionCommands();
std::vector<Command> debugCommands();
std::vector<Command> operatorCommands();
std::vector<Command> generateRootCommands();
std::vector<Command> rekeyCommands();
std::vector<Command> raftCommands();
std::vector<Command> snapshotCommands();
std::vector<Command> leaseCommands();
std::vector<Command> wrappingCommands();
std::vector<Command> topologyCommands();
std::vector<Command> monitorCommands();
std::vector<Command> replicationForestCommands();
std::vector<Command> wipeGuardCommands();
std::vector<Command> drillCommands();
std::vector<Command> replicationRoleCommands();
std::vector<Command> primaryRepairCommands();
std::vector<Command> replicationTrustCommands();
std::vector<Command> replicationPeerCommands();
std::vector<Command> replicationFilterCommands();
std::vector<Command> replicationWhereCommands();
std::vector<Command> replicationRevokeCommands();

} // namespace cli
