#include "app/holdfast/command_line.h"

#include "app/holdfast/client/role_hint.h"
#include "app/holdfast/commands/command.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <ostream>
#include <set>

namespace cli {
namespace {

constexpr Flag kFormatFlag{"format", FlagKind::Text, "How to print the result: table, json or yaml (VAULT_FORMAT). `read` also has raw."};
constexpr Flag kFieldFlag{"field", FlagKind::Text, "Print only this field of the result, unchanged."};

constexpr std::pair<std::string_view, std::string_view> kGroups[] = {
    {"audit", "Manage audit devices"},
    {"auth", "Manage auth methods"},
    {"kv", "Work with the key-value store"},
    {"kv metadata", "Work with the metadata of versioned keys"},
    {"lease", "Look up, renew and revoke leases"},
    {"operator", "Initialize, unseal, seal and maintain a cluster"},
    {"operator raft", "Members and snapshots of a cluster's storage"},
    {"operator raft autopilot", "Health of the cluster's nodes"},
    {"operator raft snapshot", "Save, restore and compare a cluster's contents"},
    {"namespace", "Look at the namespaces of another server"},
    {"plugin", "Look at the engines and methods that a server knows"},
    {"policy", "Work with policies"},
    {"print", "Print the token that commands use"},
    {"replication", "Manage replication between clusters"},
    {"replication filter", "Choose which mounts a performance secondary receives"},
    {"replication safety-snapshot", "List, restore and delete safety snapshots"},
    {"secrets", "Manage secrets engines"},
    {"token", "Create, look up, renew and revoke tokens"},
    {"wrapping", "Wrap values, and look at and renew wrapping tokens"},
};

const std::vector<Command>& commands()
{
    static const std::vector<Command> all = [] {
        std::vector<Command> out;
        for (const auto part : {statusCommands,
                                loginCommands,
                                dataCommands,
                                patchCommands,
                                memberCommands,
                                kvCommands,
                                kvMetadataCommands,
                                policyCommands,
                                tokenCommands,
                                mountCommands,
                                auditCommands,
                                pluginCommands,
                                completionCommands,
                                debugCommands,
                                operatorCommands,
                                generateRootCommands,
                                rekeyCommands,
                                raftCommands,
                                leaseCommands,
                                wrappingCommands,
                                topologyCommands,
                                monitorCommands,
                                replicationForestCommands,
                                wipeGuardCommands,
                                drillCommands,
                                replicationRoleCommands,
                                primaryRepairCommands,
                                replicationTrustCommands,
                                snapshotCommands,
                                replicationPeerCommands,
                                replicationFilterCommands,
                                replicationWhereCommands,
                                replicationRevokeCommands}) {
            for (auto& command : part()) out.push_back(std::move(command));
        }
        std::ranges::sort(out, {}, &Command::name);
        return out;
    }();
    return all;
}

std::vector<Flag> outputFlags(const Command& command)
{
    return command.printsField ? std::vector{kFormatFlag, kFieldFlag} : std::vector{kFormatFlag};
}

std::vector<Flag> allFlags(const Command& command)
{
    auto out = command.flags;
    const auto output = outputFlags(command);
    out.insert(out.end(), output.begin(), output.end());
    const auto http = httpFlags();
    out.insert(out.end(), http.begin(), http.end());
    return out;
}

void printFlags(std::ostream& out, std::string_view title, std::span<const Flag> flags)
{
    if (flags.empty()) return;
    out << '\n' << title << ":\n";
    for (const auto& flag : flags) {
        std::string left{"  -" + std::string{flag.name}};
        if (flag.kind != FlagKind::Switch) left += "=VALUE";
        if (!flag.alias.empty()) left.append(", -").append(flag.alias);
        out << left << '\n' << wrapText(flag.help, 6) << '\n';
    }
}

/// Removes blank lines at both ends. The first line keeps its indent.
std::string_view withoutBlankEnds(std::string_view text)
{
    while (text.starts_with('\n')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

void printHelp(std::ostream& out, const Command& command)
{
    out << "Usage: holdfast " << command.name << " [options]" << (command.argumentsHelp.empty() ? "" : " ") << command.argumentsHelp << "\n\n"
        << withoutBlankEnds(command.help) << '\n';
    printFlags(out, "Command options", command.flags);
    printFlags(out, "Output options", outputFlags(command));
    printFlags(out, "HTTP options", httpFlags());
}

std::string groupSynopsis(std::string_view name)
{
    const auto found = std::ranges::find(kGroups, name, &std::pair<std::string_view, std::string_view>::first);
    return std::string{found == std::end(kGroups) ? std::string_view{} : found->second};
}

bool isBelow(std::string_view name, std::string_view group)
{
    return group.empty() || (name.size() > group.size() && name.starts_with(group) && name[group.size()] == ' ');
}

/// The words that can follow `group`, each with its synopsis.
std::map<std::string, std::string> wordsBelow(std::string_view group, std::span<const Mode> modes)
{
    std::map<std::string, std::string> out;
    for (const auto& command : commands()) {
        if (!isBelow(command.name, group)) continue;
        const auto rest = command.name.substr(group.empty() ? 0 : group.size() + 1);
        const auto word = rest.substr(0, rest.find(' '));
        const bool isWhole = word.size() == rest.size();
        auto& synopsis = out[std::string{word}];
        if (isWhole) {
            synopsis = command.synopsis;
        } else if (synopsis.empty()) {
            synopsis = groupSynopsis(std::string{group} + (group.empty() ? "" : " ") + std::string{word});
        }
    }
    if (group.empty()) {
        for (const auto& mode : modes) out[std::string{mode.name}] = mode.synopsis;
    }
    return out;
}

void printGroup(std::ostream& out, std::string_view group, std::span<const Mode> modes)
{
    out << "Usage: holdfast " << group << (group.empty() ? "" : " ") << "<command> [options] [arguments]\n\n";
    if (const auto synopsis = groupSynopsis(group); !synopsis.empty()) out << synopsis << ".\n\n";
    out << (group.empty() ? "Commands:\n" : "Subcommands:\n");
    const auto words = wordsBelow(group, modes);
    std::size_t width = 0;
    for (const auto& [word, synopsis] : words) width = std::max(width, word.size());
    for (const auto& [word, synopsis] : words) out << "    " << word << std::string(width - word.size() + 4, ' ') << synopsis << '\n';
    out << "\nholdfast " << group << (group.empty() ? "" : " ") << "<command> -h explains a command and shows examples.\n";
}

std::size_t editDistance(std::string_view left, std::string_view right)
{
    std::vector<std::size_t> row(right.size() + 1);
    for (std::size_t at = 0; at < row.size(); ++at) row[at] = at;
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const auto replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

/// A command of this name in some group: "operator init" for "init". Empty: none, or several.
std::string commandNamed(std::string_view word)
{
    std::string found;
    for (const auto& command : commands()) {
        if (!command.name.ends_with(" " + std::string{word})) continue;
        if (!found.empty()) return {};
        found = command.name;
    }
    return found;
}

int refuseUnknown(std::string_view group, std::string_view word, Context& context, std::span<const Mode> modes)
{
    std::string best = group.empty() ? commandNamed(word) : std::string{};
    std::size_t bestDistance = 4; // beyond this it is another word, not a typing error
    for (const auto& [candidate, synopsis] : best.empty() ? wordsBelow(group, modes) : std::map<std::string, std::string>{}) {
        const auto distance = editDistance(word, candidate);
        if (distance < std::min(bestDistance, std::max(word.size(), candidate.size()))) {
            best = candidate;
            bestDistance = distance;
        }
    }
    const auto prefix = "holdfast " + std::string{group} + (group.empty() ? "" : " ");
    context.err << "There is no command \"" << prefix << word << "\".";
    if (!best.empty()) context.err << " Did you mean \"" << prefix << best << "\"?";
    context.err << '\n' << "\"" << prefix << "-h\" lists the commands.\n";
    return group.empty() ? kUnknownCommand : kUsageError;
}

bool isHelpWord(std::string_view word)
{
    return word == "-h" || word == "-help" || word == "--help" || word == "help";
}

std::string expectation(const Command& command)
{
    const auto least = std::to_string(command.argumentsMin);
    if (command.argumentsMin == command.argumentsMax) return "expected " + least;
    if (command.argumentsMax == kAnyNumber) return "expected at least " + least;
    return "expected " + least + "-" + std::to_string(command.argumentsMax);
}

int runCommand(const Command& command, std::span<const std::string> words, Context& context)
{
    const auto refuse = [&](std::string_view text) {
        context.err << text << '\n';
        return kUsageError;
    };
    auto arguments = Arguments::parse(words, allFlags(command));
    if (!arguments) return refuse(arguments.error().detail + "\nholdfast " + std::string{command.name} + " -h lists its options.");
    if (arguments->wantsHelp()) {
        printHelp(context.out, command);
        return kSuccess;
    }
    const auto count = arguments->positionals().size();
    const auto format = Output::parseFormat(arguments->has("format") ? arguments->text("format") : context.environment("VAULT_FORMAT"));
    if (!format) return refuse(format.error().detail);
    if (*format == Output::Format::Raw && command.extraFormat != *format)
        return refuse("This command does not support the -format=raw option; only `holdfast read` does.");
    if (*format == Output::Format::Pretty && command.extraFormat != *format)
        return refuse("Could not parse output: cannot use the pretty formatter for this type");
    if (const auto late = arguments->lateOptions(); !late.empty() && *format == Output::Format::Table) {
        context.err << "Command flags must be provided before positional arguments. The following arguments will not be parsed as flags: [" << late
                    << "]\n";
    }
    if (count < command.argumentsMin) return refuse("Not enough arguments (" + expectation(command) + ", got " + std::to_string(count) + ")");
    if (count > command.argumentsMax) return refuse("Too many arguments (" + expectation(command) + ", got " + std::to_string(count) + ")");
    auto client = command.needsServer(*arguments) ? Client::open(*arguments, context) : core::Result<Client>{Client::idle()};
    if (!client) {
        refuse(client.error().detail);
        return command.name == "status" ? kUsageError : kApiError; // 2 means "sealed" there
    }
    Invocation invocation{context, std::move(*arguments), Output{context, *format}, std::move(*client)};
    const int code = command.run(invocation);
    context.out.flush();
    return code;
}

} // namespace

core::Result<core::SecretBytes> Invocation::ask(std::string_view question)
{
    if (m_arguments.isOn("non-interactive")) return core::Error{core::ErrorCode::Unavailable, "-non-interactive does not allow a prompt"};
    return m_context.ask(question);
}

std::string Invocation::argument(std::size_t index) const
{
    const auto& all = m_arguments.positionals();
    return index < all.size() ? all[index] : std::string{};
}

std::string Invocation::path(std::size_t index) const
{
    return withoutSlashes(argument(index));
}

int Invocation::fail(std::string_view what, const core::Error& error)
{
    if (error.code == core::ErrorCode::Cancelled) {
        m_output.line(error.detail);
        return kSuccess;
    }
    m_output.error(what.empty() ? error.detail : std::string{what} + ": " + error.detail);
    if (const auto said = m_client.takeExplanation()) m_output.secret(*said);
    if (const auto hint = roleHint(m_client, error); !hint.empty()) m_output.error("\n" + wrapText(hint));
    return kApiError;
}

int Invocation::failLocally(std::string_view text)
{
    m_output.error(text);
    return kUsageError;
}

int Invocation::show(const Secret& secret)
{
    if (m_arguments.has("field")) return m_output.field(secret.field(m_arguments.text("field")), m_arguments.text("field"));
    m_output.secret(secret);
    return kSuccess;
}

std::vector<std::string_view> commandNames()
{
    std::vector<std::string_view> names;
    for (const auto& command : commands()) names.push_back(command.name);
    return names;
}

std::vector<std::string> completionsOf(std::string_view line, std::span<const Mode> modes)
{
    std::vector<std::string> words;
    std::string word;
    for (const char c : line) {
        if (c != ' ' && c != '\t') word.push_back(c);
        else if (!word.empty()) words.push_back(std::exchange(word, {}));
    }
    std::string name; // of the command or group so far; the first word is the program
    for (const auto& each : std::span{words}.subspan(std::min<std::size_t>(1, words.size()))) {
        if (!each.starts_with('-')) name += (name.empty() ? "" : " ") + each;
    }
    std::set<std::string> found;
    if (word.starts_with('-')) {
        for (const auto& command : commands()) {
            if (name != command.name && !isBelow(name, command.name)) continue;
            for (const auto& flag : allFlags(command)) found.insert("-" + std::string{flag.name} + (flag.kind == FlagKind::Switch ? "" : "="));
        }
    } else if (!words.empty()) {
        for (const auto& [below, synopsis] : wordsBelow(name, modes)) found.insert(below);
    }
    std::erase_if(found, [&word](const std::string& candidate) { return !candidate.starts_with(word); });
    return {found.begin(), found.end()};
}

int runCommandLine(std::span<const std::string> words, Context& context, std::span<const Mode> modes)
{
    if (auto typed = context.environment("COMP_LINE"); !typed.empty()) { // a shell asks how the line can continue
        const auto point = context.environment("COMP_POINT");
        std::size_t length = typed.size();
        std::from_chars(point.data(), point.data() + point.size(), length);
        for (const auto& candidate : completionsOf(std::string_view{typed}.substr(0, length), modes)) context.out << candidate << '\n';
        return kSuccess;
    }
    if (words.empty()) {
        printGroup(context.err, "", modes);
        return kUnknownCommand;
    }
    if (words[0] == "-v" || words[0] == "-version" || words[0] == "--version") {
        context.out << "Holdfast v" HOLDFAST_VERSION "\n";
        return kSuccess;
    }
    for (const auto& mode : modes) {
        if (words[0] == mode.name) return mode.run(words.subspan(1));
    }
    std::string group;
    const Command* command = nullptr;
    std::size_t commandWords = 0;
    std::size_t groupWords = 0;
    bool wantsHelp = false;
    if (isHelpWord(words[0])) {
        wantsHelp = true;
        words = words.subspan(1);
    }
    for (std::string name; const auto& word : words) {
        name += (name.empty() ? "" : " ") + word;
        const auto found = std::ranges::find(commands(), name, &Command::name);
        const bool isGroup = std::ranges::any_of(commands(), [&](const Command& other) { return isBelow(other.name, name); });
        if (found == commands().end() && !isGroup) break;
        ++groupWords;
        if (found != commands().end()) {
            command = &*found;
            commandWords = groupWords;
        }
        if (!isGroup) break;
        group = name;
    }
    if (command && wantsHelp) {
        printHelp(context.out, *command);
        return kSuccess;
    }
    if (command) return runCommand(*command, words.subspan(commandWords), context);
    if (groupWords < words.size() && !isHelpWord(words[groupWords])) return refuseUnknown(group, words[groupWords], context, modes);
    const bool wasAsked = wantsHelp || groupWords < words.size();
    printGroup(wasAsked ? context.out : context.err, group, modes);
    return wasAsked ? kSuccess : kUsageError;
}

} // namespace cli
