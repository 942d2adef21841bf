#pragma once

#include "app/holdfast/client/client.h"
#include "app/holdfast/text/output.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Everything a running command has at hand.
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

    /// Argument `index`; empty where there are fewer.
    std::string argument(std::size_t index) const;
    /// The same without slashes at its ends.
    std::string path(std::size_t index = 0) const;

    /// Prints the error, behind "what: " where that is not empty, and returns its exit code. A call that -output-curl-string turned into text is printed as a result.
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

/// One command as data. Its words, such as "kv metadata get", are looked up longest first.
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
    /// False: address, token and certificates are not even looked at, so that nothing wrong with them is in the way.
    bool (*needsServer)(const Arguments&) = asksServer;
    /// A format besides table, JSON and YAML. Any other is refused before anything is asked.
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
std::vector<Command> replicationRefusalCommands();
std::vector<Command> replicationTrustCommands();
std::vector<Command> replicationPeerCommands();
std::vector<Command> replicationFilterCommands();
std::vector<Command> replicationWhereCommands();

} // namespace cli
