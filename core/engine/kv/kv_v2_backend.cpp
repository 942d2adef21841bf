#include "core/engine/kv/kv_v2_backend.h"

#include "core/engine/kv/kv_v1_backend.h"
#include "core/engine/kv/kv_v2_handlers.h"

#include <utility>

namespace core::engine {
namespace {

using mount::Context;
using mount::Request;
using mount::Response;
using policy::Operation;
using route::Call;
using route::FieldType;
using route::FieldList;
using route::Handler;
using route::RouteTable;
using route::Verb;

constexpr const char* kFolders[] = {"data", "metadata", "subkeys", "delete", "undelete", "destroy"};

const FieldList kReadFields{{"version", FieldType::Integer, "The version to read; 0 is the latest.", "0"}};
const FieldList kDataFields{{"options", FieldType::Object, "`cas`: the version that must be the current one, 0 if there must be none."},
                            {"data", FieldType::Object, "The value."}};
const FieldList kSubkeysFields{{"version", FieldType::Integer, "The version to read; 0 is the latest.", "0"},
                               {"depth", FieldType::Integer, "How many levels to show; 0 is all of them.", "0"}};
const FieldList kVersionsFields{{"versions", FieldType::IntegerList, "The versions."}};
const FieldList kConfigFields{{"cas_required", FieldType::Boolean, "Every write must have `cas`.", "false"},
                              {"max_versions", FieldType::Integer, "How many versions a key keeps; 0 is 10.", "0"},
                              {"delete_version_after", FieldType::Duration, "When a version is deleted by itself; 0 is never.", "0"}};

FieldList metadataFields()
{
    auto fields = kConfigFields;
    fields.emplace_back("custom_metadata", FieldType::TextMap, "Texts of your own, for every version of the key.");
    return fields;
}

Handler onKey(Result<Response> (*handle)(KvV2Call&))
{
    return [handle](Call& call) {
        KvV2Storage storage{call.context.storage, std::exchange(call.context.rowRead, std::nullopt)};
        KvV2Call onKey{call.request, std::string{call.part("path")}, storage, call.now()};
        return handle(onKey);
    };
}

/// 404 with a warning in the envelope, for a client that uses the paths of version 1.
Response wrongPathAnswer(Operation operation)
{
    std::string_view command = "get";
    if (operation == Operation::Create || operation == Operation::Update) command = "put";
    if (operation == Operation::List) command = "list";
    if (operation == Operation::Delete) command = "delete";
    if (operation == Operation::Patch) command = "patch";
    std::string text = "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints "
                       "to use. If using the Vault CLI, use 'vault kv ";
    text.append(command).append("' for this operation.");
    Response response;
    response.status = 404;
    response.warnings.push_back(std::move(text));
    return response;
}

Result<Response> folderRoot(Call&)
{
    Response response;
    response.status = 404;
    response.warnings.push_back("Non-listing operations on the root of a K/V v2 mount are not supported.");
    return response;
}

/// The handler of the write needs the same row, so it is kept for it. A row that does not open exists too. Only the handler reports the damage,
/// so a client learns nothing of it before its policies are checked.
Result<bool> hasKey(Call& call)
{
    const KvV2Storage storage{call.context.storage};
    auto row = storage.metadataRow(call.part("path"));
    if (!row) return storage.hasMetadata(call.part("path"));
    call.context.rowRead = std::move(*row);
    return call.context.rowRead->value.has_value();
}

/// A verb on the keys of a folder; a write that finds no key creates it.
void addKeyRoute(RouteTable& routes, const char* pattern, const FieldList& fields, Verb verb, Result<Response> (*handle)(KvV2Call&), const char* help)
{
    routes.add({.verbs = verb,
                .pattern = pattern,
                .handle = onKey(handle),
                .exists = verb == Verb::Write ? hasKey : std::function<Result<bool>(Call&)>{},
                .fields = fields,
                .help = help});
}

void addDataRoutes(RouteTable& routes)
{
    const auto add = [&](Verb verb, const FieldList& fields, auto handle, const char* help) {
        addKeyRoute(routes, "data/*path", fields, verb, handle, help);
    };
    add(Verb::Read, kReadFields, readKvData,
        "Writes, patches, reads and deletes the latest version of a key; `version` reads an older one.\n\n"
        "A write takes `data` (any JSON object) and `options.cas`, the version that must be the current one.");
    add(Verb::Write, kDataFields, writeKvData, "Adds a version.");
    add(Verb::Patch, kDataFields, patchKvData, "Adds a version: the latest one, changed by a JSON merge patch.");
    add(Verb::Delete, route::kNoFields, deleteKvData, "Marks the latest version as deleted.");
    routes.add({.verbs = Verb::Read,
                .pattern = "subkeys/*path",
                .handle = onKey(readKvSubkeys),
                .fields = kSubkeysFields,
                .help = "Reads the names inside a value, with null in place of each leaf."});
}

void addVersionRoutes(RouteTable& routes)
{
    const auto add = [&](const char* pattern, Result<Response> (*handle)(KvV2Call&), const char* help) {
        routes.add({.verbs = Verb::Write, .pattern = pattern, .handle = onKey(handle), .fields = kVersionsFields, .help = help});
    };
    add("delete/*path", deleteKvVersions, "Marks the given `versions` of a key as deleted; undelete brings them back.");
    add("undelete/*path", undeleteKvVersions, "Brings back the given deleted `versions` of a key.");
    add("destroy/*path", destroyKvVersions, "Permanently removes the data of the given `versions` of a key.");
}

void addMetadataRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::List, .pattern = "metadata", .handle = onKey(listKvKeys), .help = "Lists keys."});
    const auto fields = metadataFields();
    const auto add = [&](Verb verb, auto handle, const char* help) {
        const bool isWrite = verb == Verb::Write || verb == Verb::Patch;
        addKeyRoute(routes, "metadata/*path", isWrite ? fields : route::kNoFields, verb, handle, help);
    };
    add(Verb::Read, readKvMetadata,
        "Lists keys, and reads, changes or deletes what is known of a key: its versions and settings.\n\n"
        "Deleting the metadata permanently deletes all versions.");
    add(Verb::List, listKvKeys, "Lists the keys below a folder.");
    add(Verb::Write, writeKvMetadata, "Sets the settings and the custom metadata of a key.");
    add(Verb::Patch, patchKvMetadata, "Changes the named settings of a key only.");
    add(Verb::Delete, deleteKvMetadata, "Deletes a key with all its versions.");
}

const RouteTable& routes()
{
    static const RouteTable table = [] {
        RouteTable made;
        addDataRoutes(made);
        addVersionRoutes(made);
        addMetadataRoutes(made);
        made.add({.verbs = Verb::Read,
                  .pattern = "config",
                  .handle = onKey(readKvConfig),
                  .fields = route::kNoFields,
                  .help = "Settings of the mount: `max_versions`, `cas_required`, `delete_version_after`."});
        made.add({.verbs = Verb::Write, .pattern = "config", .handle = onKey(writeKvConfig), .fields = kConfigFields});
        for (const std::string folder : kFolders) {
            for (const auto& root : {folder, folder + '/'}) {
                made.add({.verbs = Verb::Read | Verb::Write | Verb::Delete | Verb::Patch, .pattern = root, .handle = folderRoot});
            }
        }
        return made;
    }();
    return table;
}

} // namespace

KvV2Backend::KvV2Backend()
    : RoutedBackend{routes(), "Stores versions of secrets by path.\n\n"
                              "data/ holds the values, metadata/ what is known of them; delete/, undelete/ and destroy/ act on versions,\n"
                              "subkeys/ shows the shape of a value, and config holds the settings of the mount.\n"}
{}

Response KvV2Backend::unknownPath(const Request& request) const
{
    return wrongPathAnswer(request.operation);
}

Result<> KvV2Backend::initialize(Context& context)
{
    const auto olds = context.storage.subView(KvV1Backend::kValuesFolder);
    std::vector<std::string> paths;
    const auto collect = [&](std::string_view path, std::string_view) {
        paths.emplace_back(path);
        return true;
    };
    if (auto walked = olds.forEach({}, collect); !walked) return walked;
    if (paths.empty()) return {};

    KvV2Storage storage{context.storage};
    const auto config = storage.config();
    if (!config) return config.error();
    const auto now = context.clock.now();
    for (const auto& path : paths) {
        const auto value = olds.get(path);
        if (!value) return value.error();
        KvKeyMetadata metadata;
        metadata.oldestVersion = 1;
        if (auto added = addVersion(storage, *config, path, metadata, value->value_or("{}"), now); !added) return added.error();
    }
    return context.storage.eraseAll(KvV1Backend::kValuesFolder);
}

} // namespace core::engine
