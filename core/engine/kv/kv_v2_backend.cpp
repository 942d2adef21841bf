#include "core/engine/kv/kv_v2_backend.h"

#include "core/engine/kv/kv_v1_backend.h"
#include "core/engine/kv/kv_v2_handlers.h"
#include "core/mount/fields.h"
#include "core/mount/ignored_fields.h"

namespace core::engine {
namespace {

using mount::Context;
using mount::Request;
using mount::Response;
using policy::Operation;

struct Folder {
    std::string_view name; // with '/'
    Result<Response> (*handle)(KvV2Call&);
    std::vector<std::string_view> fields; // of a body or a query
    std::string_view help;
};

const Folder kFolders[] = {
    {"data/", handleKvData, {"version", "options", "data"},
     "Writes, patches, reads and deletes the latest version of a key; `version` reads an older one.\n\n"
     "A write takes `data` (any JSON object) and `options.cas`, the version that must be the current one.\n"},
    {"metadata/", handleKvMetadata, {"cas_required", "max_versions", "delete_version_after", "custom_metadata"},
     "Lists keys, and reads, changes or deletes what is known of a key: its versions and settings.\n\n"
     "Deleting the metadata deletes all versions for ever.\n"},
    {"subkeys/", handleKvSubkeys, {"version", "depth"}, "Reads the names inside a value, with null in place of each leaf.\n"},
    {"delete/", handleKvDelete, {"versions"}, "Marks the given `versions` of a key as deleted; undelete brings them back.\n"},
    {"undelete/", handleKvUndelete, {"versions"}, "Brings back the given deleted `versions` of a key.\n"},
    {"destroy/", handleKvDestroy, {"versions"}, "Removes the data of the given `versions` of a key for ever.\n"},
};

const Folder* folderOf(std::string_view path)
{
    for (const auto& folder : kFolders) {
        if (path.starts_with(folder.name)) return &folder;
    }
    return nullptr;
}

bool isFolderRoot(std::string_view path)
{
    for (const auto& folder : kFolders) {
        if (path == folder.name || path == folder.name.substr(0, folder.name.size() - 1)) return true;
    }
    return false;
}

/// 404 with a warning in the envelope: what a client of version 1 gets to see.
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

Response folderRootAnswer()
{
    Response response;
    response.status = 404;
    response.warnings.push_back("Non-listing operations on the root of a K/V v2 mount are not supported.");
    return response;
}

} // namespace

Result<Response> KvV2Backend::handle(const Request& request, Context& context)
{
    KvV2Storage storage{context.storage};
    const std::string_view path = request.relativePath;
    const auto warned = [&](Result<Response> answer, const auto& fields, std::initializer_list<std::string_view> captured) {
        // What is answered with a status of its own, a version that is gone say, is sent as it is.
        const bool isPlain = answer && answer->status == 0 && (answer->hasContent() || !answer->warnings.empty());
        if (isPlain) mount::warnOfFields(*answer, request.data, fields, captured);
        return answer;
    };
    if (path == "config") {
        return warned(handleKvConfig(request, storage), std::initializer_list<std::string_view>{"cas_required", "max_versions", "delete_version_after"}, {});
    }
    if (isFolderRoot(path)) {
        if (request.operation != Operation::List) return folderRootAnswer();
        if (!path.starts_with("metadata")) return mount::unsupportedOperation();
        KvV2Call call{request, {}, storage, context.clock.now()};
        return handleKvMetadata(call);
    }
    const auto* folder = folderOf(path);
    if (!folder) return wrongPathAnswer(request.operation);
    KvV2Call call{request, std::string{path.substr(folder->name.size())}, storage, context.clock.now()};
    return warned(folder->handle(call), folder->fields, {"path"});
}

Result<std::optional<bool>> KvV2Backend::exists(const Request& request, Context& context)
{
    const std::string_view path = request.relativePath;
    if (!path.starts_with("data/") && !path.starts_with("metadata/")) return std::optional<bool>{};
    auto found = KvV2Storage{context.storage}.hasMetadata(path.substr(path.find('/') + 1));
    if (!found) return found.error();
    return std::optional<bool>{*found};
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

std::string KvV2Backend::help(std::string_view relativePath) const
{
    if (relativePath == "config") {
        return "Settings of the mount: `max_versions`, `cas_required`, `delete_version_after`.\n";
    }
    if (const auto* folder = folderOf(relativePath)) return std::string{folder->help};
    return "Stores versions of secrets by path.\n\n"
           "data/ holds the values, metadata/ what is known of them; delete/, undelete/ and destroy/ act on versions,\n"
           "subkeys/ shows the shape of a value, and config holds the settings of the mount.\n";
}

} // namespace core::engine
