#pragma once

#include "core/route/route_table.h"

#include <boost/json/object.hpp>

#include <set>

namespace core::route {

/// The routes of a table that match `path`, or with an empty path all of them, as the `paths` of an OpenAPI document. The paths are those below the
/// mount ("/users/{username}"), and the schemas of bodies are inline. A path that is listed ends in a slash. Paths without any help are left out: they are
/// there for a refusal only.
boost::json::object openApiPaths(const RouteTable& table, std::string_view path = {});

/// Joins the paths of mounts into one OpenAPI 3.0.2 document, as clients of Vault read it: an `x-vault-…` member says what a path needs, and bodies
/// refer to a schema below `components`.
class OpenApiDocument {
public:
    explicit OpenApiDocument(std::string version) : m_version{std::move(version)} {}

    struct Mount {
        std::string path;      // "secret/"; empty: the document has one mount, and its paths begin below it
        std::string tag;       // that every operation gets; empty: none
        std::string parameter; // replaces the whole mount path but "auth/", with the mount path as its default; empty: none
    };
    void add(const Mount& mount, boost::json::object paths);
    boost::json::object finish() &&;

private:
    void addOperation(const Mount& mount, std::string_view path, std::string_view verb, boost::json::object& operation);
    /// The name itself, or with a number behind it when it is taken.
    static std::string unused(std::set<std::string>& names, std::string name);

    std::string m_version;
    boost::json::object m_paths;
    boost::json::object m_schemas;
    std::set<std::string> m_names; // of operations and schemas
};

} // namespace core::route
