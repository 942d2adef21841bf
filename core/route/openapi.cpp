#include "core/route/openapi.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

namespace core::route {
namespace {

namespace json = boost::json;

constexpr std::string_view kAuthFolder = "auth/";

/// "users/<username@>/password" as "/users/{username}/password".
std::string pathOf(std::string_view pattern)
{
    if (pattern == "/") return "/";
    std::string out;
    while (true) {
        const auto end = pattern.find('/');
        auto segment = pattern.substr(0, end);
        out += '/';
        if (segment.starts_with(':') || segment.starts_with('*')) out.append("{").append(segment.substr(1)).append("}");
        else if (segment.starts_with('<')) out.append("{").append(segment.substr(1, segment.find_first_of("@>") - 1)).append("}");
        else out.append(segment);
        if (end == std::string_view::npos) return out;
        pattern.remove_prefix(end + 1);
    }
}

json::object schemaOf(FieldType type)
{
    const auto listOf = [](const char* item) { return json::object{{"type", "array"}, {"items", json::object{{"type", item}}}}; };
    switch (type) {
    case FieldType::Text: return {{"type", "string"}};
    case FieldType::Boolean: return {{"type", "boolean"}};
    case FieldType::Integer: return {{"type", "integer"}};
    case FieldType::Number: return {{"type", "number"}};
    case FieldType::Duration: return {{"type", "string"}, {"format", "duration"}};
    case FieldType::TextList: return listOf("string");
    case FieldType::IntegerList: return listOf("integer");
    case FieldType::TextMap: return {{"type", "object"}, {"format", "kvpairs"}};
    case FieldType::Object: return {{"type", "object"}, {"format", "map"}};
    case FieldType::Any: break;
    }
    return {}; // any type
}

json::object schemaOf(const Field& field)
{
    auto schema = schemaOf(field.type);
    if (!field.help.empty()) schema["description"] = field.help;
    if (field.fallback.empty()) return schema;
    json::error_code failed;
    auto fallback = json::parse(field.fallback, failed);
    if (!failed) schema["default"] = std::move(fallback);
    return schema;
}

json::object parameter(std::string_view name, std::string_view place, bool isRequired, json::object schema)
{
    json::object out{{"name", name}, {"in", place}};
    if (auto* help = schema.if_contains("description")) {
        out["description"] = std::move(*help);
        schema.erase("description");
    }
    out["schema"] = std::move(schema);
    if (isRequired) out["required"] = true;
    return out;
}

/// One parameter for each "{name}" of the path. A route can describe such a part as a field.
json::array pathParameters(std::string_view path, const FieldList& fields)
{
    json::array out;
    for (auto at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
        const auto name = path.substr(at + 1, path.find('}', at) - at - 1);
        json::object schema{{"type", "string"}};
        const auto field = std::ranges::find(fields, name, &Field::name);
        if (field != fields.end() && !field->help.empty()) schema["description"] = field->help;
        out.push_back(parameter(name, "path", true, std::move(schema)));
    }
    return out;
}

bool isInPath(std::string_view path, std::string_view name)
{
    return path.find("{" + std::string{name} + "}") != std::string_view::npos;
}

bool isBodyVerb(Verb verb)
{
    return verb == Verb::Write || verb == Verb::Patch;
}

/// The parameters of one operation that are no part of its path.
json::array queryParameters(const Route& route, Verb verb, std::string_view path)
{
    json::array out;
    if (verb == Verb::List) {
        json::object schema{{"type", "string"}, {"enum", json::array{"true"}}, {"description", "Must be set to `true`"}};
        out.push_back(parameter("list", "query", true, std::move(schema)));
    }
    if (isBodyVerb(verb) || has(route.verbs, Verb::Write)) return out; // the fields of a route that reads and writes are those of the body
    for (const auto& field : route.fields ? *route.fields : kNoFields) {
        if (!isInPath(path, field.name)) out.push_back(parameter(field.name, "query", false, schemaOf(field)));
    }
    return out;
}

/// Null: the route reads no body.
json::value requestBody(const Route& route, Verb verb, std::string_view path)
{
    // A route that declares no fields takes any: a secret, for example.
    json::object schema{{"type", "object"}, {"additionalProperties", true}};
    if (route.fields) {
        json::object properties;
        for (const auto& field : *route.fields) {
            if (!isInPath(path, field.name)) properties[field.name] = schemaOf(field);
        }
        if (properties.empty()) return nullptr;
        schema = {{"type", "object"}, {"properties", std::move(properties)}};
    }
    json::object content;
    content[verb == Verb::Patch ? "application/merge-patch+json" : "application/json"] = json::object{{"schema", std::move(schema)}};
    return json::object{{"content", std::move(content)}};
}

json::object operationOf(const Route& route, Verb verb, std::string_view path)
{
    json::object out;
    if (!route.help.empty()) out["summary"] = std::string_view{route.help}.substr(0, route.help.find('\n'));
    if (auto parameters = queryParameters(route, verb, path); !parameters.empty()) out["parameters"] = std::move(parameters);
    if (isBodyVerb(verb)) {
        if (auto body = requestBody(route, verb, path); !body.is_null()) out["requestBody"] = std::move(body);
    }
    json::object responses;
    if (verb != Verb::Delete) responses["200"] = json::object{{"description", "OK"}};
    if (verb == Verb::Delete || isBodyVerb(verb)) responses["204"] = json::object{{"description", "Done. The body is empty."}};
    out["responses"] = std::move(responses);
    return out;
}

/// What a path shows of all its operations.
struct Item {
    json::object shown;
    bool isWholeOpen = true; // none of its operations needs a token
};

void addRoute(Item& item, const Route& route, Verb verb, const char* name, const std::string& path, bool isOpen)
{
    if (item.shown.contains(name)) return; // an earlier route answers
    if (!route.help.empty() && !item.shown.contains("description")) item.shown["description"] = route.help;
    if (auto parts = pathParameters(path, route.fields ? *route.fields : kNoFields); !parts.empty() && !item.shown.contains("parameters")) {
        item.shown["parameters"] = std::move(parts);
    }
    if (route.needsSudo) item.shown["x-vault-sudo"] = true;
    if (verb == Verb::Write && route.exists) item.shown["x-vault-createSupported"] = true;
    item.isWholeOpen = item.isWholeOpen && isOpen;
    auto operation = operationOf(route, verb, path);
    if (isOpen) operation["security"] = json::array{};
    item.shown[name] = std::move(operation);
}

constexpr std::pair<Verb, const char*> kShownVerbs[] = {
    {Verb::Read, "get"}, {Verb::Write, "post"}, {Verb::Patch, "patch"}, {Verb::Delete, "delete"}, {Verb::List, "get"}};

/// "secret/data/{path}" as "SecretDataPath".
std::string camelCase(std::string_view path)
{
    std::string out;
    bool isStart = true;
    for (const char c : path) {
        const bool isLower = c >= 'a' && c <= 'z';
        const bool isInWord = isLower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (isInWord) out.push_back(isStart && isLower ? static_cast<char>(c - 'a' + 'A') : c);
        isStart = !isInWord;
    }
    return out;
}

/// The path of a mount in the document, without a slash in front.
std::string shownMount(const OpenApiDocument::Mount& mount)
{
    if (mount.parameter.empty()) return mount.path;
    return (mount.path.starts_with(kAuthFolder) ? std::string{kAuthFolder} : std::string{}) + "{" + mount.parameter + "}/";
}

} // namespace

json::object openApiPaths(const RouteTable& table, std::string_view path)
{
    const auto routes = table.routesAt(path);
    std::set<std::string_view> described; // a path without help is there for a refusal only
    for (const auto* route : routes) {
        if (!route->help.empty()) described.insert(route->pattern);
    }
    std::map<std::string, Item> items;
    for (const auto* route : routes) {
        if (!described.contains(route->pattern)) continue;
        for (const auto& [verb, name] : kShownVerbs) {
            if (!has(route->verbs, verb)) continue;
            auto shown = pathOf(route->pattern);
            if (verb == Verb::List && !shown.ends_with('/')) shown += '/';
            if (isBodyVerb(verb) && shown.ends_with('/')) continue; // the pipeline refuses a write to a folder
            addRoute(items[shown], *route, verb, name, shown, has(route->openVerbs, verb) || table.isOpenByPrefix(route->pattern));
        }
    }
    json::object paths;
    for (auto& [shown, item] : items) {
        if (item.isWholeOpen) item.shown["x-vault-unauthenticated"] = true;
        paths[shown] = std::move(item.shown);
    }
    return paths;
}

void OpenApiDocument::add(const Mount& mount, json::object paths)
{
    for (auto& [below, value] : paths) {
        auto& item = value.as_object();
        const std::string path = "/" + shownMount(mount) + std::string{std::string_view{below}.substr(1)};
        if (!mount.parameter.empty()) {
            auto point = std::string_view{mount.path};
            if (point.starts_with(kAuthFolder)) point.remove_prefix(kAuthFolder.size());
            point.remove_suffix(1);
            auto& parameters = item["parameters"];
            if (parameters.is_null()) parameters = json::array{};
            parameters.as_array().push_back(
                parameter(mount.parameter, "path", true, {{"type", "string"}, {"default", point}, {"description", "The path of the mount."}}));
        }
        for (const std::string_view verb : {"get", "post", "patch", "delete"}) {
            if (auto* operation = item.if_contains(verb)) addOperation(mount, path, verb, operation->as_object());
        }
        m_paths[path] = std::move(item);
    }
}

void OpenApiDocument::addOperation(const Mount& mount, std::string_view path, std::string_view verb, json::object& operation)
{
    const bool isList = path.ends_with('/') && verb == "get";
    operation["operationId"] = unused(m_names, std::string{isList ? "list" : verb} + camelCase(path));
    if (!mount.tag.empty()) operation["tags"] = json::array{json::value(mount.tag)};
    auto* body = operation.if_contains("requestBody");
    if (!body) return;
    const auto name = unused(m_names, camelCase(path) + (verb == "patch" ? "PatchRequest" : "Request"));
    for (auto& [type, content] : body->as_object()["content"].as_object()) {
        auto& schema = content.as_object()["schema"];
        m_schemas[name] = std::exchange(schema, json::object{{"$ref", "#/components/schemas/" + name}});
    }
}

std::string OpenApiDocument::unused(std::set<std::string>& names, std::string name)
{
    if (names.insert(name).second) return name;
    for (int number = 2;; ++number) {
        if (const auto next = name + "_" + std::to_string(number); names.insert(next).second) return next;
    }
}

json::object OpenApiDocument::finish() &&
{
    return {
        {"openapi", "3.0.2"},
        {"info",
         json::object{{"title", "Holdfast API"}, {"description", "The HTTP API of this server. All paths are below /v1/."}, {"version", m_version}}},
        {"paths", std::move(m_paths)},
        {"components", json::object{{"schemas", std::move(m_schemas)}}}};
}

} // namespace core::route
