#include "app/holdfast/commands/key_values.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

Error badInput(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

void addValue(Json& object, std::string_view key, std::string value)
{
    if (!object.has(key)) return object.set(key, std::move(value));
    Json list = object[key].isArray() ? object[key] : Json{Json::Array{object[key]}};
    list.append(std::move(value));
    object.set(key, std::move(list));
}

Result<Json> mergeObject(Json target, const std::string& text, std::string_view source)
{
    auto parsed = Json::parse(text);
    if (!parsed) return badInput("invalid JSON in " + std::string{source} + ": " + parsed.error().detail);
    if (!parsed->isObject()) return badInput("invalid JSON in " + std::string{source} + ": must be an object");
    for (const auto& [name, value] : parsed->members()) target.set(name, value);
    return target;
}

} // namespace

Result<std::string> readFile(const std::string& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file) return Error{ErrorCode::Io, "error reading file: open " + path + ": " + std::strerror(errno)};
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return Error{ErrorCode::Io, "error reading file: read " + path + ": is a directory"}; // opens, and throws when read
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad()) return Error{ErrorCode::Io, "error reading file: " + path};
    return text;
}

Result<Json> readKeyValues(std::span<const std::string> words, std::istream& in)
{
    Json object = Json::object();
    bool isInputUsed = false;
    const auto readInput = [&]() -> Result<std::string> {
        if (std::exchange(isInputUsed, true)) return badInput("stdin can only be used once");
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    for (const auto& word : words) {
        if (word == "-" || word.starts_with('@')) {
            auto text = word == "-" ? readInput() : readFile(word.substr(1));
            if (!text) return std::move(text).error();
            auto merged = mergeObject(std::move(object), *text, word == "-" ? "standard input" : word.substr(1));
            if (!merged) return merged;
            object = std::move(*merged);
            continue;
        }
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0) return badInput("format must be key=value, but one word is not");
        const auto key = std::string_view{word}.substr(0, equals);
        auto value = word.substr(equals + 1);
        if (value == "-" || value.starts_with('@')) {
            auto text = value == "-" ? readInput() : readFile(value.substr(1));
            if (!text) return std::move(text).error();
            value = std::move(*text);
        } else if (value.starts_with("\\@") || value == "\\-") {
            value.erase(0, 1);
        }
        addValue(object, key, std::move(value));
    }
    return object;
}

} // namespace cli
