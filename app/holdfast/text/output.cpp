#include "app/holdfast/text/output.h"

#include "core/base/duration.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <set>

namespace cli {
namespace {

constexpr std::size_t kLineLengthMax = 78;
constexpr std::size_t kColumnGap = 4;

std::size_t width(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string shownCell(std::string_view cell)
{
    const auto text = trimmed(cell);
    return std::string{text.empty() ? "n/a" : text};
}

std::string formatColumns(const std::vector<Row>& rows)
{
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], width(shownCell(row[column])));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            const auto cell = shownCell(row[column]);
            out += cell;
            if (column + 1 < row.size()) out.append(widths[column] - width(cell) + kColumnGap, ' ');
        }
        out += '\n';
    }
    if (!out.empty()) out.pop_back();
    return out;
}

bool looksLikeDuration(std::string_view name)
{
    return name == "period" || name.ends_with("_period") || name == "ttl" || name.ends_with("_ttl") || name == "duration" ||
           name.ends_with("_duration") || name == "lease_max" || name == "ttl_max";
}

/// An RFC 3339 time as Go prints times: `2022-07-08 11:27:38.660697 -0700 -0700`, `… +0000 UTC`.
std::string shownTime(std::string time)
{
    const auto middle = time.find('T');
    if (middle == std::string::npos) return time;
    time[middle] = ' ';
    if (time.ends_with('Z')) return time.replace(time.size() - 1, 1, " +0000 UTC");
    const auto sign = time.find_last_of("+-");
    if (sign < middle || time.size() != sign + 6) return time;
    const auto offset = time.substr(sign, 3) + time.substr(sign + 4);
    return time.replace(sign, std::string::npos, " " + offset + " " + (offset == "+0000" ? "UTC" : offset));
}

void addMembers(std::vector<Row>& rows, const Json& object)
{
    const auto sorted = object.sorted();
    for (const auto& [name, value] : sorted.members()) {
        rows.push_back({name, looksLikeDuration(name) ? shownDuration(value) : value.toGoText()});
    }
}

bool isNested(const Json& value)
{
    return value.isObject() || std::ranges::any_of(value.array(), [](const Json& one) { return one.isObject() || one.isArray(); });
}

void addFacts(std::vector<Row>& rows, const std::string& name, const Json& value)
{
    if (value.isObject()) {
        const auto sorted = value.sorted();
        for (const auto& [inner, each] : sorted.members()) addFacts(rows, name.empty() ? inner : name + " " + inner, each);
    } else if (isNested(value)) {
        std::size_t number = 0;
        for (const auto& each : value.array()) addFacts(rows, name + " " + std::to_string(++number), each);
    } else if (value.isArray()) {
        std::string text;
        for (const auto& each : value.array()) text.append(text.empty() ? "" : ", ").append(each.toGoText());
        rows.push_back({name, text.empty() ? "none" : text});
    } else {
        rows.push_back({name, value.isNull() ? "-" : looksLikeDuration(name) ? shownDuration(value) : value.toGoText()});
    }
}

} // namespace

core::Result<Output::Format> Output::parseFormat(std::string_view text)
{
    std::string name{text};
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name.empty() || name == "table") return Format::Table;
    if (name == "json") return Format::Json;
    if (name == "yaml" || name == "yml") return Format::Yaml;
    if (name == "pretty") return Format::Pretty;
    if (name == "raw") return Format::Raw;
    return core::Error{core::ErrorCode::InvalidArgument, "Invalid output format: " + name};
}

void Output::line(std::string_view text)
{
    m_context->out << text << '\n';
}

void Output::success(std::string_view text)
{
    if (isTable()) line("Success! " + std::string{text});
    else data(Json::object({{"success", true}, {"message", std::string{text}}}));
}

void Output::warning(std::string_view text)
{
    m_context->out.flush();
    m_context->err << text << '\n';
}

void Output::error(std::string_view text)
{
    warning(text);
}

void Output::raw(std::string_view text)
{
    m_context->out << text;
    if (m_context->outIsTerminal) m_context->out << '\n';
}

void Output::secret(const Secret& secret)
{
    if (!isTable()) return data(secret.toJson());
    warnings(secret);
    std::vector<Row> rows{{"Key", "Value"}};
    const auto& body = secret.body;
    if (body["lease_duration"].integer() > 0) {
        if (body["lease_id"].isEmpty()) {
            rows.push_back({"refresh_interval", shownDuration(body["lease_duration"])});
        } else {
            rows.push_back({"lease_id", body["lease_id"].text()});
            rows.push_back({"lease_duration", shownDuration(body["lease_duration"])});
            rows.push_back({"lease_renewable", body["renewable"].toGoText()});
        }
    }
    if (const auto& auth = secret.auth(); !auth.isNull()) {
        rows.push_back({"token", auth["client_token"].text()});
        rows.push_back({"token_accessor", auth["accessor"].text()});
        rows.push_back({"token_duration", auth["lease_duration"].isEmpty() ? "\u221e" : shownDuration(auth["lease_duration"])});
        rows.push_back({"token_renewable", auth["renewable"].isTrue() ? "true" : "false"});
        rows.push_back({"token_policies", shownList(auth["token_policies"])});
        rows.push_back({"identity_policies", shownList(auth["identity_policies"])});
        rows.push_back({"policies", shownList(auth["policies"])});
        const auto metadata = auth["metadata"].sorted();
        for (const auto& [name, value] : metadata.members()) rows.push_back({"token_meta_" + name, value.toGoText()});
    }
    if (const auto& wrap = secret.wrapInfo(); !wrap.isNull()) {
        rows.push_back({"wrapping_token:", wrap["token"].text()});
        rows.push_back({"wrapping_accessor:", wrap["accessor"].text()});
        rows.push_back({"wrapping_token_ttl:", shownDuration(wrap["ttl"])});
        rows.push_back({"wrapping_token_creation_time:", shownTime(wrap["creation_time"].text())});
        rows.push_back({"wrapping_token_creation_path:", wrap["creation_path"].text()});
        if (!wrap["wrapped_accessor"].isEmpty()) rows.push_back({"wrapped_accessor:", wrap["wrapped_accessor"].text()});
    }
    addMembers(rows, secret.data());
    if (rows.size() > 1) table(rows);
}

void Output::data(const Json& value)
{
    switch (m_format) {
    case Format::Json: return line(value.toIndented());
    case Format::Yaml: return line(trimmed(value.toYaml()));
    case Format::Table:
    case Format::Pretty:
    case Format::Raw: return keyValues(value);
    }
}

void Output::detailedKeys(const std::vector<std::string>& keys, const Json& about)
{
    std::set<std::string> columns;
    for (const auto& key : keys) {
        for (const auto& [name, value] : about[key].members()) columns.insert(name);
    }
    std::vector<Row> rows{{"Keys"}};
    rows.front().insert(rows.front().end(), columns.begin(), columns.end());
    for (const auto& key : keys) {
        Row row{key};
        for (const auto& column : columns) {
            const auto& value = about[key][column];
            row.push_back(!about[key].has(column) ? "n/a" : looksLikeDuration(column) ? shownDuration(value) : value.toGoText());
        }
        rows.push_back(std::move(row));
    }
    table(rows);
}

void Output::keys(const Secret& secret, bool isDetailed)
{
    const auto& keys = secret.data()["keys"];
    if (!isTable()) return data(isDetailed ? secret.toJson() : keys);
    warnings(secret);
    std::vector<std::string> sorted;
    for (const auto& key : keys.array()) sorted.push_back(key.toGoText());
    std::ranges::sort(sorted);
    if (const auto& about = secret.data()["key_info"]; isDetailed && !about.members().empty()) return detailedKeys(sorted, about);
    std::vector<Row> rows{{"Keys"}};
    for (const auto& key : sorted) rows.push_back({key});
    table(rows);
}

int Output::field(const Json& value, std::string_view name)
{
    if (value.isNull()) {
        error("Field " + jsonQuoted(name) + " not present in secret");
        return kUsageError;
    }
    switch (m_format) {
    case Format::Table:
    case Format::Pretty:
    case Format::Raw: raw(value.toGoText()); break;
    case Format::Json: raw(value.sorted().toIndented()); break;
    case Format::Yaml: raw(value.toYaml()); break;
    }
    return kSuccess;
}

void Output::warnings(const Secret& secret)
{
    if (secret.warnings().array().empty()) return;
    warning("WARNING! The following warnings were returned from Vault:\n");
    for (const auto& text : secret.warnings().array()) {
        warning(wrapText("* " + text.text(), 2));
        warning("");
    }
}

void Output::table(const std::vector<Row>& rows)
{
    if (rows.empty()) return;
    auto ruled = rows;
    Row rule;
    for (const auto& title : rows.front()) rule.emplace_back(title.size(), '-');
    ruled.insert(ruled.begin() + 1, std::move(rule));
    line(formatColumns(ruled));
}

void Output::columns(const std::vector<Row>& rows)
{
    line(formatColumns(rows));
}

void Output::keyValues(const Json& object)
{
    std::vector<Row> rows{{"Key", "Value"}};
    addMembers(rows, object);
    if (rows.size() > 1) table(rows);
}

void Output::facts(const Json& object)
{
    std::vector<Row> rows{{"Key", "Value"}};
    addFacts(rows, {}, object);
    if (rows.size() > 1) table(rows);
}

std::string wrapText(std::string_view text, std::size_t indent)
{
    const auto lengthMax = kLineLengthMax - indent;
    std::string out;
    const auto addLine = [&](std::string_view content) {
        if (!out.empty()) out += '\n';
        if (!content.empty()) out.append(indent, ' ').append(content);
    };
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto paragraph = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        std::string current;
        while (!paragraph.empty()) {
            const auto word = paragraph.substr(0, paragraph.find(' '));
            paragraph.remove_prefix(std::min(word.size() + 1, paragraph.size()));
            if (!current.empty() && width(current) + 1 + width(word) > lengthMax) {
                addLine(current);
                current.clear();
            }
            current.append(current.empty() ? "" : " ").append(word);
        }
        addLine(current);
    }
    return out;
}

std::string shownDuration(const Json& seconds)
{
    const auto& text = seconds.text();
    const bool isWhole = !text.empty() && text.find_first_not_of("0123456789", text.front() == '-' ? 1 : 0) == std::string::npos;
    constexpr std::int64_t kSecondsMax = 9'000'000'000; // what fits a count of nanoseconds
    if (!isWhole || text.size() > 18 || std::abs(seconds.integer()) > kSecondsMax) return seconds.toGoText();
    return core::toShortDuration(std::chrono::seconds{seconds.integer()});
}

std::string ruledHeader(std::string_view title, std::size_t width)
{
    std::size_t signs = width > title.size() + 2 ? width - title.size() - 2 : 4;
    signs += signs % 2;
    return std::string(signs / 2, '=').append(" ").append(title).append(" ").append(signs / 2, '=');
}

std::string shownList(const Json& list)
{
    std::string out{"["};
    for (const auto& item : list.array()) out.append(out.size() > 1 ? " " : "").append(jsonQuoted(item.text()));
    return out += ']';
}

} // namespace cli
