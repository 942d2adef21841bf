#include "core/server/config/address_template.h"

#include "core/server/config/interface_filters.h"

#include <algorithm>
#include <charconv>
#include <variant>

namespace core::server {
namespace {

using Addresses = std::vector<InterfaceAddress>;

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

std::string inQuotes(std::string_view text)
{
    return '"' + std::string{text.substr(0, 100)} + '"';
}

/// A function's name, an argument in quotes, a number, or the '|' between two functions.
struct Word {
    enum class Kind { Name, Text, Pipe };

    Kind kind = Kind::Name;
    std::string text;
};

Result<std::vector<Word>> wordsOf(std::string_view pipeline)
{
    constexpr std::string_view kBlank = " \t\r\n";
    std::vector<Word> out;
    while (true) {
        const auto start = pipeline.find_first_not_of(kBlank);
        if (start == std::string_view::npos) return out;
        pipeline.remove_prefix(start);
        const char first = pipeline.front();
        if (first == '|') {
            out.push_back({Word::Kind::Pipe, "|"});
            pipeline.remove_prefix(1);
        } else if (first == '"' || first == '`') {
            std::string text;
            std::size_t at = 1;
            for (; at < pipeline.size() && pipeline[at] != first; ++at) {
                if (first == '"' && pipeline[at] == '\\' && at + 1 < pipeline.size()) ++at;
                text += pipeline[at];
            }
            if (at == pipeline.size()) return invalid("a quoted word is not closed");
            out.push_back({Word::Kind::Text, std::move(text)});
            pipeline.remove_prefix(at + 1);
        } else {
            const auto word = pipeline.substr(0, pipeline.find_first_of(" \t\r\n|\"`"));
            out.push_back({Word::Kind::Name, std::string{word}});
            pipeline.remove_prefix(word.size());
        }
    }
}

/// The value that one function of a pipeline passes to the next.
using Value = std::variant<std::monostate, Addresses, std::string>;

/// Runs one pipeline.
class Pipeline {
public:
    explicit Pipeline(const Addresses& all) : m_all{all} {}

    Result<std::string> run(std::string_view text)
    {
        auto words = wordsOf(text);
        if (!words) return std::move(words).error();
        if (words->empty()) return invalid("{{ }} is empty");
        for (std::size_t at = 0; at < words->size();) {
            if ((*words)[at].kind != Word::Kind::Name) return invalid("a function is missing before " + inQuotes((*words)[at].text));
            const auto name = (*words)[at++].text;
            std::vector<std::string> arguments;
            while (at < words->size() && (*words)[at].kind != Word::Kind::Pipe) arguments.push_back((*words)[at++].text);
            if (auto done = call(name, arguments); !done) return std::move(done).error();
            if (at == words->size()) break;
            if (++at == words->size()) return invalid("a function is missing after |");
        }
        if (auto* out = std::get_if<std::string>(&m_value)) return std::move(*out);
        return invalid("gives a list of interfaces; end it with | attr \"address\"");
    }

private:
    Result<> call(const std::string& name, const std::vector<std::string>& arguments);
    Result<> filter(const std::string& name, const std::vector<std::string>& arguments, Addresses& input);
    static Result<> expect(const std::string& name, const std::vector<std::string>& arguments, std::size_t count)
    {
        if (arguments.size() == count) return {};
        return invalid(name + " takes " + std::to_string(count) + " argument" + (count == 1 ? "" : "s") + ", not " +
                       std::to_string(arguments.size()));
    }

    const Addresses& m_all;
    Value m_value;
};

Result<> Pipeline::call(const std::string& name, const std::vector<std::string>& arguments)
{
    const bool isSource = name == "GetPrivateIP" || name == "GetPublicIP" || name == "GetInterfaceIP" || name == "GetAllInterfaces";
    const bool isFilter = name == "include" || name == "exclude" || name == "sort" || name == "limit" || name == "attr" || name == "join";
    if (!isSource && !isFilter) {
        return invalid("the function " + inQuotes(name) +
                       " is not known here (GetPrivateIP, GetPublicIP, GetInterfaceIP, GetAllInterfaces; include, exclude, "
                       "sort, limit, attr, join)");
    }
    if (isFilter) {
        auto* input = std::get_if<Addresses>(&m_value);
        if (!input) return invalid(name + " needs a list of interfaces before it, such as GetAllInterfaces | " + name);
        return filter(name, arguments, *input);
    }
    if (!std::holds_alternative<std::monostate>(m_value)) return invalid(name + " must be the first function");
    if (auto counted = expect(name, arguments, name == "GetInterfaceIP" ? 1 : 0); !counted) return counted;
    if (name == "GetAllInterfaces") {
        m_value = m_all;
        return {};
    }
    auto found =
        name == "GetInterfaceIP" ? namedInterfaces(m_all, arguments[0]) : Result<Addresses>{reachableInterfaces(m_all, name == "GetPrivateIP")};
    if (!found) return std::move(found).error();
    m_value = found->empty() ? std::string{} : found->front().address;
    return {};
}

Result<> Pipeline::filter(const std::string& name, const std::vector<std::string>& arguments, Addresses& input)
{
    const bool takesTwo = name == "include" || name == "exclude" || name == "join";
    if (auto counted = expect(name, arguments, takesTwo ? 2 : 1); !counted) return counted;
    if (name == "include" || name == "exclude") {
        auto kept = filterInterfaces(input, arguments[0], arguments[1], name == "include");
        if (!kept) return std::move(kept).error();
        m_value = *std::move(kept);
    } else if (name == "sort") {
        return sortInterfaces(input, arguments[0]);
    } else if (name == "limit") {
        std::size_t count = 0;
        const auto& text = arguments[0];
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc{} || end != text.data() + text.size() || count == 0)
            return invalid("limit takes a number above zero, not " + inQuotes(text));
        if (count < input.size()) input.erase(input.begin() + static_cast<std::ptrdiff_t>(count), input.end());
    } else {
        std::string out;
        for (const auto& each : input) {
            auto value = interfaceAttribute(each, arguments[0]);
            if (!value) return std::move(value).error();
            if (&each != &input.front()) {
                if (name == "attr") break;
                out += arguments[1];
            }
            out += *value;
        }
        m_value = std::move(out);
    }
    return {};
}

} // namespace

Result<std::string> expandAddressTemplate(std::string_view text, const std::vector<InterfaceAddress>& interfaces)
{
    if (text.find("{{") == std::string_view::npos) return std::string{text};
    if (text.size() > kAddressTemplateBytesMax) {
        return invalid("a template of " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kAddressTemplateBytesMax) +
                       " are allowed");
    }
    std::string out;
    while (true) {
        const auto open = text.find("{{");
        out += text.substr(0, open);
        if (open == std::string_view::npos) break;
        text.remove_prefix(open + 2);
        const auto close = text.find("}}");
        if (close == std::string_view::npos) return invalid("a template {{ … is not closed by }}");
        auto inside = text.substr(0, close);
        text.remove_prefix(close + 2);
        const auto whole = "{{" + std::string{inside.substr(0, 200)} + "}}";
        if (inside.starts_with("- ")) { // Go's sign for removing blanks on this side
            inside.remove_prefix(2);
            while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
        }
        const bool trimsAfter = inside.ends_with(" -");
        if (trimsAfter) inside.remove_suffix(2);
        auto value = Pipeline{interfaces}.run(inside);
        if (!value) return std::move(value).error().withContext(whole);
        if (value->empty()) return invalid(whole + ": this machine has no such address");
        if (value->find_first_of(" \t\r\n") != std::string::npos) return invalid(whole + ": gives more than one address: " + inQuotes(*value));
        out += *value;
        if (trimsAfter) text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    }
    const auto begin = out.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return invalid("the template results in no address");
    return out.substr(begin, out.find_last_not_of(" \t\r\n") - begin + 1);
}

} // namespace core::server
