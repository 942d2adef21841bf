#pragma once

#include "app/holdfast/text/context.h"
#include "app/holdfast/text/secret.h"

#include <string>
#include <string_view>
#include <vector>

namespace cli {

inline constexpr int kSuccess = 0;
inline constexpr int kUsageError = 1; // also local errors
inline constexpr int kApiError = 2;
inline constexpr int kUnknownCommand = 127; // no such command, or none at all

using Row = std::vector<std::string>;

/// Prints results as Vault's command line does, as a table, JSON or YAML. Results go to standard output, warnings and errors to
/// standard error.
class Output {
public:
    enum class Format {
        Table,
        Json,
        Yaml,
        Pretty, // for people, if a table does not fit; few commands have it
        Raw,    // the answer's bytes; `read` only
    };

    Output(Context& context, Format format) : m_context{&context}, m_format{format} {}
    /// "table", "json", "yaml", "yml", "pretty", "raw" (empty: table). Errors: InvalidArgument.
    static core::Result<Format> parseFormat(std::string_view name);

    bool isTable() const { return m_format == Format::Table || m_format == Format::Pretty; }
    bool isRaw() const { return m_format == Format::Raw; }

    void line(std::string_view text = {});
    /// What a command has done, in a sentence: after "Success! ", or as the `message` of an object.
    void success(std::string_view text);
    void warning(std::string_view text);
    void error(std::string_view text);
    /// Unchanged text. It gets a line end only on a terminal, so that `$(…)` and pipes get only the value.
    void raw(std::string_view text);

    void secret(const Secret& secret);
    /// An object as a Key/Value table, or any value as JSON or YAML.
    void data(const Json& value);
    /// The keys of a list; with `isDetailed` also what the server reports about each.
    void keys(const Secret& secret, bool isDetailed = false);
    /// Prints an error if `value` is null. Returns the exit code.
    int field(const Json& value, std::string_view name);
    void warnings(const Secret& secret);

    /// The first row is the header.
    void table(const std::vector<Row>& rows);
    /// Columns without a header.
    void columns(const std::vector<Row>& rows);
    void keyValues(const Json& object);
    /// The same for answers that are ours alone: what is inside of an object has rows of its own, `successor epoch`, and a list has commas.
    void facts(const Json& object);

private:
    void detailedKeys(const std::vector<std::string>& keys, const Json& about);

    Context* m_context;
    Format m_format;
};

/// Breaks lines at blanks so that none is longer than 78 minus `indent`, and indents each.
std::string wrapText(std::string_view text, std::size_t indent = 0);
/// Seconds as Vault shows them: 1800 is `30m`, 2764800 `768h`. Text that is no whole number stays unchanged.
std::string shownDuration(const Json& seconds);
/// `====== Metadata ======`, `width` characters in all, or a little more.
std::string ruledHeader(std::string_view title, std::size_t width);
/// ["a" "b"], as Go's %q prints a list.
std::string shownList(const Json& list);

} // namespace cli
