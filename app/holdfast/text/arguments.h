#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

enum class FlagKind {
    Switch,          // -force, -force=false
    Text,            // -ttl=8h or -ttl 8h; the last one counts
    Repeated,        // -policy=a -policy=b
    Pairs,           // -header=a=b -header=c=d
    Number,          // -version=2; the last one counts
    Duration,        // -wrap-ttl=5m; the last one counts
    ReplicationType, // -type=dr, -type=performance; the last one counts
};

/// One option of a command, written `-name` or `--name`.
struct Flag {
    std::string_view name;
    FlagKind kind = FlagKind::Text;
    std::string_view help;
    std::string_view alias = {}; // a second spelling, such as "f" of "force"
};

/// The words after a command, parsed as in Vault: options come first, and all words from the first argument on are arguments. Only
/// -format, -detailed, -output-curl-string and -output-policy also count there. They stay arguments as well.
class Arguments {
public:
    /// A lone `-` is an argument, and so is everything after `--`. Errors: InvalidArgument (unknown option, missing or bad value), with the
    /// text for the user.
    static core::Result<Arguments> parse(std::span<const std::string> words, std::span<const Flag> flags);

    bool has(std::string_view flag) const { return m_values.contains(flag); }
    bool isOn(std::string_view flag, bool byDefault = false) const;
    std::string text(std::string_view flag, std::string_view byDefault = {}) const;
    std::vector<std::string> all(std::string_view flag) const;
    /// `-metadata=k=v` pairs. Errors: InvalidArgument (no '=').
    core::Result<std::vector<std::pair<std::string, std::string>>> pairs(std::string_view flag) const;
    /// A whole number. Errors: InvalidArgument.
    core::Result<int> number(std::string_view flag, int byDefault) const;
    /// A duration as Go writes it, `8h0m0s`; `0s` if the flag is absent. Errors: InvalidArgument.
    core::Result<std::string> duration(std::string_view flag) const;
    /// The same in whole seconds. Errors: InvalidArgument.
    core::Result<std::int64_t> seconds(std::string_view flag) const;

    const std::vector<std::string>& positionals() const { return m_positionals; }
    /// Arguments that look like options, as text for a warning; empty if there are none.
    std::string lateOptions() const;
    bool wantsHelp() const { return m_wantsHelp; }

private:
    /// As in Vault, these words also stay arguments. Errors: InvalidArgument (a value that does not fit).
    core::Result<> readOptionsAfterArguments(std::span<const Flag> flags);

    std::map<std::string, std::vector<std::string>, std::less<>> m_values;
    std::vector<std::string> m_positionals;
    bool m_wantsHelp = false;
};

} // namespace cli
