// sys/config/ui/headers: header lines for the pages of a web interface (spec: quotas-namespaces-misc.md §7). They are stored for it, and set nothing
// on answers of the API.
#include "core/sys/routes/handlers.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::string_view kFolder = "sys/config/ui/headers/";
constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kHeadersMax = 64;
constexpr std::size_t kValuesMax = 64;
constexpr std::size_t kValueBytesMax = 8192;

bool isWordCharacter(unsigned char c)
{
    return c < 0x80 && (std::isalnum(c) || c == '_');
}

/// A name that a path of Vault accepts. Other names match no path.
bool isName(std::string_view name)
{
    return !name.empty() && name.size() <= kNameBytesMax && isWordCharacter(name.front()) && isWordCharacter(name.back()) &&
           std::ranges::all_of(name, [](unsigned char c) { return isWordCharacter(c) || c == '-' || c == '.'; });
}

/// "x-test" and "X-TEST" are one header, "X-Test".
std::string canonical(std::string_view name)
{
    std::string text{name};
    bool startsWord = true;
    for (auto& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        c = static_cast<char>(startsWord ? std::toupper(byte) : std::tolower(byte));
        startsWord = c == '-';
    }
    return text;
}

/// A value in a header line must not end the line.
bool isHeaderText(std::string_view text)
{
    return text.size() <= kValueBytesMax && std::ranges::all_of(text, [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

Result<Response> read(Call& call)
{
    if (!isName(call.part("header"))) return mount::unsupportedPath();
    const bool isMultivalue = call.fields.boolean("multivalue").value_or(false);
    if (call.fields.refusal()) return *call.fields.refusal();
    auto text = call.scope().local(std::string{kFolder}).get(canonical(call.part("header")));
    if (!text) return text.error();
    if (!*text) return Response{};
    json::error_code failed;
    auto values = json::parse(**text, failed);
    if (failed || !values.is_array() || values.get_array().empty()) return Error{ErrorCode::Corrupt, "stored header of the web interface"};
    if (isMultivalue) return Response::ofData({{"values", std::move(values)}});
    return Response::ofData({{"value", values.get_array().front()}});
}

Result<Response> write(Call& call)
{
    if (!isName(call.part("header"))) return mount::unsupportedPath();
    const auto values = call.fields.list("values").value_or(std::vector<std::string>{});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (values.empty()) return Response::badRequest("header and values must be specified");
    const auto name = canonical(call.part("header"));
    if (name.starts_with("X-Vault-")) return Response::badRequest("X-Vault headers cannot be set");
    if (values.size() > kValuesMax || !std::ranges::all_of(values, isHeaderText)) {
        return Response::badRequest("values takes at most 64 texts of at most 8192 bytes each, without line ends");
    }
    auto view = call.scope().local(std::string{kFolder});
    auto names = view.list();
    if (!names) return names.error();
    if (names->size() >= kHeadersMax && std::ranges::find(*names, name) == names->end()) {
        return Response::badRequest("at most 64 headers can be set");
    }
    if (auto put = view.put(name, json::serialize(textArray(values))); !put) return put.error();
    Response response;
    response.status = 200;
    if (name == "Content-Security-Policy") {
        response.warnings.push_back("overriding default Content-Security-Policy which is secure by default, proceed with caution");
    }
    return response;
}

Result<Response> erase(const Call& call)
{
    if (!isName(call.part("header"))) return mount::unsupportedPath();
    if (auto erased = call.scope().local(std::string{kFolder}).erase(canonical(call.part("header"))); !erased) return erased.error();
    return Response{};
}

Result<Response> list(const Call& call)
{
    auto names = call.scope().local(std::string{kFolder}).list();
    if (!names) return names.error();
    return mount::keysAnswer(*names);
}

} // namespace

void addUiHeaderRoutes(RouteTable& routes)
{
    const auto add = [&](Verb verb, Handler handle, FieldList fields) {
        routes.add({.verbs = verb,
                    .pattern = "config/ui/headers/:header",
                    .handle = std::move(handle),
                    .needsSudo = true,
                    .fields = std::move(fields),
                    .help = "Shows, sets or removes a header line for the pages of a web interface: `values`."});
    };
    add(Verb::Read, read, {"multivalue"});
    add(Verb::Write, write, {"values", "multivalue"});
    routes.add({.verbs = Verb::Delete,
                .pattern = "config/ui/headers/:header",
                .handle = [](Call& call) { return erase(call); },
                .needsSudo = true,
                .help = "Removes a header line."});
    routes.add({.verbs = Verb::List,
                .pattern = "config/ui/headers",
                .handle = [](Call& call) { return list(call); },
                .needsSudo = true,
                .help = "Lists the header lines that are set."});
}

} // namespace core::sys
