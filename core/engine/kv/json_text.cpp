#include "core/engine/kv/json_text.h"

#include "core/base/release.h"
#include "core/base/secret_bytes.h"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <simdjson.h>

#include <algorithm>

namespace core::engine {
namespace {

namespace ondemand = simdjson::ondemand;

/// simdjson reads some bytes beyond the text; each thread keeps a parser and a padded copy, so that nothing is
/// allocated for texts of usual size.
struct Scratch {
    ondemand::parser parser;
    std::string padded;
};

Scratch& scratch()
{
    thread_local Scratch instance;
    return instance;
}

/// The copy is a secret and is wiped after each use. The memory of a large text is freed.
class ScratchEnd {
public:
    explicit ScratchEnd(Scratch& used) : m_used{used} {}
    ~ScratchEnd()
    {
        wipe(m_used.padded);
        if (m_used.padded.capacity() <= kKeptBytesMax) return;
        release(m_used.padded);
        m_used.parser = ondemand::parser{};
    }
    ScratchEnd(const ScratchEnd&) = delete;
    ScratchEnd& operator=(const ScratchEnd&) = delete;

private:
    static constexpr std::size_t kKeptBytesMax = 256u << 10;
    Scratch& m_used;
};

Error notAnObject(simdjson::error_code code)
{
    return Error{ErrorCode::InvalidArgument, std::string{"not a JSON object: "} + simdjson::error_message(code)};
}

/// The position of the value's text in the padded copy.
simdjson::simdjson_result<std::string_view> rawText(ondemand::value value)
{
    ondemand::json_type type;
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::object) {
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) return error;
        return object.raw_json();
    }
    if (type == ondemand::json_type::array) {
        ondemand::array array;
        if (const auto error = value.get_array().get(array)) return error;
        return array.raw_json();
    }
    return value.raw_json_token();
}

template<class Visit>
simdjson::error_code forEachMember(std::string_view text, const Visit& visit)
{
    auto& [parser, padded] = scratch();
    const ScratchEnd end{scratch()};
    padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    padded.assign(text);
    ondemand::document document;
    const simdjson::padded_string_view view{padded.data(), padded.size(), padded.capacity()};
    if (const auto error = parser.iterate(view).get(document)) return error;
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) return error;
    for (auto item : object) {
        ondemand::field field;
        if (const auto error = std::move(item).get(field)) return error;
        std::string_view key;
        if (const auto error = field.unescaped_key().get(key)) return error;
        std::string_view raw;
        if (const auto error = rawText(field.value()).get(raw)) return error;
        const auto offset = static_cast<std::size_t>(raw.data() - padded.data());
        visit(key, trimJsonText(text.substr(offset, raw.size())));
    }
    return simdjson::SUCCESS;
}

void appendMember(std::string& out, std::string_view key, std::string_view text)
{
    if (out.size() > 1) out.push_back(',');
    out.append(boost::json::serialize(boost::json::string{key})).push_back(':');
    out.append(text);
}

/// Finds members by key. A repeated key counts once, with its last value, as in every JSON parser that builds maps. Sorted and not hashed, because
/// callers choose the keys and could make them collide.
class LastMembers {
public:
    explicit LastMembers(const std::vector<JsonMember>& members)
    {
        m_sorted.reserve(members.size());
        for (const auto& member : members) m_sorted.push_back(&member);
        // Stable: members of one key stay in the order of the text.
        std::ranges::stable_sort(m_sorted, {}, [](const JsonMember* member) -> const std::string& { return member->key; });
    }
    /// Null: no such key.
    const JsonMember* find(std::string_view key) const
    {
        const auto above = std::ranges::upper_bound(m_sorted, key, {}, [](const JsonMember* member) { return std::string_view{member->key}; });
        if (above == m_sorted.begin() || (*std::prev(above))->key != key) return nullptr;
        return *std::prev(above);
    }

private:
    std::vector<const JsonMember*> m_sorted;
};

} // namespace

Result<std::vector<JsonMember>> splitJsonObject(std::string_view text)
{
    std::vector<JsonMember> members;
    const auto error = forEachMember(text, [&](std::string_view key, std::string_view value) { members.push_back({std::string{key}, value}); });
    if (error) return notAnObject(error);
    return members;
}

Result<std::optional<std::string_view>> jsonMemberText(std::string_view text, std::string_view key)
{
    std::optional<std::string_view> found;
    const auto error = forEachMember(text, [&](std::string_view name, std::string_view value) {
        if (name == key) found = value;
    });
    if (error) return notAnObject(error);
    return found;
}

Result<std::string> mergeJsonText(std::string_view target, std::string_view patch)
{
    patch = trimJsonText(patch);
    if (!isJsonObjectText(patch)) return std::string{patch};
    std::vector<JsonMember> olds;
    if (isJsonObjectText(target)) {
        auto split = splitJsonObject(target);
        if (!split) return split.error();
        olds = std::move(*split);
    }
    auto changes = splitJsonObject(patch);
    if (!changes) return changes.error();

    const LastMembers lastOld{olds};
    const LastMembers lastChange{*changes};
    std::string merged = "{";
    for (const auto& old : olds) {
        if (lastOld.find(old.key) != &old) continue;
        const auto* change = lastChange.find(old.key);
        if (!change) {
            appendMember(merged, old.key, old.text);
        } else if (change->text != "null") {
            auto value = mergeJsonText(old.text, change->text);
            if (!value) return value.error();
            appendMember(merged, old.key, *value);
            wipe(*value);
        }
    }
    for (const auto& change : *changes) {
        if (lastChange.find(change.key) != &change || lastOld.find(change.key) || change.text == "null") continue;
        auto value = mergeJsonText({}, change.text); // drops nulls inside, as the RFC asks
        if (!value) return value.error();
        appendMember(merged, change.key, *value);
        wipe(*value);
    }
    merged.push_back('}');
    return merged;
}

bool isJsonObjectText(std::string_view text)
{
    text = trimJsonText(text);
    return !text.empty() && text.front() == '{';
}

std::string_view trimJsonText(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace core::engine
