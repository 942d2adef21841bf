#pragma once

#include "core/policy/hcl.h"
#include "core/server/config/config.h"

#include <limits>

namespace core::server {

/// Reads typed values from one object of a configuration file. The first error is kept and stops everything after it,
/// so reading a stanza is a list of lines with one check at the end. Keys that nobody has read become warnings.
class ConfigSection {
public:
    /// `name` is its name in messages, such as `listener "tcp"`; empty for the top of the file.
    ConfigSection(const std::filesystem::path& file, const policy::hcl::Object& object, std::string name, std::vector<std::string>& warnings);

    // Each leaves `out` unchanged if the key is missing. Booleans, numbers and durations can be written as strings.
    void read(std::string_view key, std::string& out);
    void read(std::string_view key, std::filesystem::path& out);
    void read(std::string_view key, bool& out);
    void read(std::string_view key, std::chrono::nanoseconds& out);
    void read(std::string_view key, std::optional<std::vector<std::string>>& out); // a list of strings, or one
    /// Zero and an empty text mean `byDefault`.
    void readDuration(std::string_view key, std::chrono::nanoseconds& out, std::chrono::nanoseconds byDefault);
    void readCount(std::string_view key, std::uint64_t& out, std::uint64_t most, std::uint64_t byDefault);
    void readInteger(std::string_view key, std::uint64_t& out, std::uint64_t least, std::uint64_t most);

    /// Passes a string, or a number as text, to `parse`. Its error is reported at the key.
    template<class Parse, class Out>
    void readWith(std::string_view key, Parse parse, Out& out)
    {
        const auto text = scalar(key);
        if (!text) return;
        auto parsed = parse(*text);
        if (!parsed) return fail(key, parsed.error().detail);
        out = *std::move(parsed);
    }

    /// Blocks with a label, or without; empty after an error.
    std::vector<policy::hcl::Labelled> labelled(std::string_view key);
    std::vector<const policy::hcl::Object*> unlabelled(std::string_view key);

    /// Accepts keys that only other servers understand. Each one that occurs becomes a warning.
    void acceptWithoutEffect(std::initializer_list<std::string_view> keys);
    /// Accepts keys silently.
    void accept(std::initializer_list<std::string_view> keys);

    /// Adds a warning about a position, for the log at the start.
    void warnAt(policy::hcl::Position position, const std::string& text);
    /// Reports an error at a key, or at a position.
    void fail(std::string_view key, std::string_view text);
    void failAt(policy::hcl::Position position, std::string_view text);

    /// The first error. Also adds warnings for the keys that nobody has read.
    Result<> finish();

    std::string originOf(policy::hcl::Position position) const;

private:
    const policy::hcl::Entry* look(std::string_view key);
    std::optional<std::string> scalar(std::string_view key);

    const std::filesystem::path& m_file;
    const policy::hcl::Object& m_object;
    const std::string m_name;
    std::vector<std::string>& m_warnings;
    std::vector<std::string_view> m_known;
    std::optional<Error> m_error;
};

} // namespace core::server
