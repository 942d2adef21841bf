#include "core/server/config/config_section.h"

#include "core/base/duration.h"
#include "core/server/config/config_values.h"

#include <algorithm>
#include <charconv>

namespace core::server {

using namespace policy;

ConfigSection::ConfigSection(const std::filesystem::path& file, const hcl::Object& object, std::string name, std::vector<std::string>& warnings)
    : m_file{file}
    , m_object{object}
    , m_name{std::move(name)}
    , m_warnings{warnings}
{}

std::string ConfigSection::originOf(hcl::Position position) const
{
    return m_file.string() + ":" + std::to_string(position.line);
}

void ConfigSection::failAt(hcl::Position position, std::string_view text)
{
    constexpr std::size_t kTextBytesMax = 500; // an error can repeat a value, which can be of any length
    if (!m_error) m_error = Error{ErrorCode::InvalidArgument, originOf(position) + ": " + std::string{text.substr(0, kTextBytesMax)}};
}

void ConfigSection::fail(std::string_view key, std::string_view text)
{
    const auto* entry = hcl::find(m_object, key);
    failAt(entry ? entry->value.position : hcl::Position{}, std::string{key} + ": " + std::string{text});
}

const hcl::Entry* ConfigSection::look(std::string_view key)
{
    m_known.push_back(key);
    return m_error ? nullptr : hcl::find(m_object, key);
}

std::optional<std::string> ConfigSection::scalar(std::string_view key)
{
    const auto* entry = look(key);
    if (!entry) return std::nullopt;
    if (const auto* text = entry->value.string()) return *text;
    if (const auto* number = entry->value.number()) {
        return number->integer ? std::to_string(*number->integer) : number->text;
    }
    fail(key, "must be a string, not a " + std::string{toString(entry->value.kind())});
    return std::nullopt;
}

void ConfigSection::read(std::string_view key, std::string& out)
{
    const auto* entry = look(key);
    if (!entry) return;
    if (const auto* text = entry->value.string()) {
        out = *text;
    } else {
        fail(key, "must be a string, not a " + std::string{toString(entry->value.kind())});
    }
}

void ConfigSection::read(std::string_view key, std::filesystem::path& out)
{
    std::string text = out.string();
    read(key, text);
    out = text;
}

void ConfigSection::read(std::string_view key, bool& out)
{
    const auto* entry = look(key);
    if (!entry) return;
    if (const auto* boolean = entry->value.boolean()) {
        out = *boolean;
        return;
    }
    const auto* text = entry->value.string();
    const auto* number = entry->value.number();
    if (!text && !number) return fail(key, "must be true or false, not a " + std::string{toString(entry->value.kind())});
    const auto parsed = parseBoolean(text ? *text : number->text);
    if (!parsed) return fail(key, parsed.error().detail);
    out = *parsed;
}

void ConfigSection::read(std::string_view key, std::chrono::nanoseconds& out)
{
    readWith(
        key,
        [](std::string_view text) -> Result<std::chrono::nanoseconds> {
            auto duration = parseDuration(text);
            if (duration && duration->count() < 0) return Error{ErrorCode::InvalidArgument, "a duration must not be negative"};
            return duration;
        },
        out);
}

void ConfigSection::read(std::string_view key, std::optional<std::vector<std::string>>& out)
{
    const auto* entry = look(key);
    if (!entry) return;
    std::vector<std::string> texts;
    if (const auto* list = entry->value.list()) {
        for (const auto& item : *list) {
            if (!item.string()) return fail(key, "must be a list of strings");
            texts.push_back(*item.string());
        }
    } else if (const auto* text = entry->value.string()) {
        texts.push_back(*text);
    } else {
        return fail(key, "must be a list of strings, not a " + std::string{toString(entry->value.kind())});
    }
    out = std::move(texts);
}

void ConfigSection::readDuration(std::string_view key, std::chrono::nanoseconds& out, std::chrono::nanoseconds byDefault)
{
    read(key, out);
    if (out.count() == 0) out = byDefault;
}

void ConfigSection::readCount(std::string_view key, std::uint64_t& out, std::uint64_t most, std::uint64_t byDefault)
{
    if (look(key)) out = 0; // then the empty text leaves zero
    readInteger(key, out, 0, most);
    if (out == 0) out = byDefault;
}

void ConfigSection::readInteger(std::string_view key, std::uint64_t& out, std::uint64_t least, std::uint64_t most)
{
    const auto* entry = look(key);
    if (entry && entry->value.string() && entry->value.string()->empty()) return;
    readWith(
        key,
        [&](std::string_view text) -> Result<std::uint64_t> {
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
                return Error{ErrorCode::InvalidArgument, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
            }
            return value;
        },
        out);
}

std::vector<hcl::Labelled> ConfigSection::labelled(std::string_view key)
{
    if (!look(key)) return {};
    for (const auto& entry : m_object) {
        if (entry.key != key || (entry.value.object() ? !entry.value.object()->empty() : entry.value.list() != nullptr)) continue;
        failAt(entry.position, entry.key + ": must be a block with a type, such as " + entry.key + " \"type\" { … }");
    }
    auto blocks = hcl::labelledBlocks(m_object, key);
    if (blocks && !m_error) return *std::move(blocks);
    if (!blocks) fail(key, "must be a block with a type");
    return {};
}

std::vector<const hcl::Object*> ConfigSection::unlabelled(std::string_view key)
{
    if (!look(key)) return {};
    auto blocks = hcl::blocks(m_object, key);
    if (blocks) return *std::move(blocks);
    fail(key, "must be a block");
    return {};
}

void ConfigSection::accept(std::initializer_list<std::string_view> keys)
{
    m_known.insert(m_known.end(), keys.begin(), keys.end());
}

void ConfigSection::acceptWithoutEffect(std::initializer_list<std::string_view> keys)
{
    for (const auto key : keys) {
        if (const auto* entry = look(key)) {
            m_warnings.push_back(originOf(entry->position) + ": '" + entry->key + "'" + (m_name.empty() ? "" : " in " + m_name) + " has no effect");
        }
    }
}

void ConfigSection::warnAt(hcl::Position position, const std::string& text)
{
    m_warnings.push_back(originOf(position) + ": " + text);
}

Result<> ConfigSection::finish()
{
    if (m_error) return *m_error;
    for (const auto& entry : m_object) {
        if (std::ranges::find(m_known, entry.key) != m_known.end()) continue;
        m_warnings.push_back(originOf(entry.position) + ": unknown key '" + entry.key + "'" + (m_name.empty() ? "" : " in " + m_name));
    }
    return {};
}

} // namespace core::server
