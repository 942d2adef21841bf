// Backup and restore of a key, with its secrets in clear.
#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/transit/operation/backup.h"
#include "core/transit/operation/versioned_text.h"
#include "core/transit/routes/routes.h"

#include <algorithm>

namespace core::transit {
namespace {

constexpr std::size_t kNameBytesMax = 512;

/// What a path with a key's name can hold: letters, digits and '_', inside also '-' and '.'.
bool isKeyName(std::string_view name)
{
    const auto isWord = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    if (name.empty() || name.size() > kNameBytesMax || !isWord(name.front()) || !isWord(name.back())) return false;
    return std::ranges::all_of(name, [&](char c) { return isWord(c) || c == '-' || c == '.'; });
}

Result<Response> handleBackup(Call& call)
{
    KeyStorage storage{call.context.storage};
    const std::string name{call.part("name")};
    auto found = storage.load(name);
    if (!found) return std::move(found).error();
    if (!*found) return serverError("key \"" + name + "\" not found");
    Key key = **found;
    if (!key.settings.isExportable) return serverError("exporting is disallowed on the policy");
    if (!key.settings.allowsPlaintextBackup) return serverError("plaintext backup is disallowed on the policy");
    key.settings.backup = KeySettings::Copied{call.now(), key.settings.latest};
    if (auto stored = storage.putSettings(key.settings); !stored) return std::move(stored).error();
    const auto backup = encodeBackup(key);
    if (!backup) return backup.error();
    return Response::ofData({{"backup", toBase64(backup->view())}});
}

/// The key in the request, under its new name. Errors: those of answerOf().
Result<Key> readBackup(Call& call)
{
    auto text = call.fields.textOr("backup", {});
    if (text.empty()) return callerFault("'backup' must be supplied");
    if (text.size() > kBackupBytesMax) return callerFault("the backup is larger than " + std::to_string(kBackupBytesMax) + " bytes");
    auto decoded = decodeGoBase64(text);
    wipe(text);
    if (!decoded) return serverFault(decoded.error().detail);
    auto key = decodeBackup(*decoded);
    wipe(*decoded);
    if (!key) return serverFault(key.error().detail);
    if (const auto name = call.part("name"); !name.empty()) key->settings.name = name;
    if (key->settings.name.find('/') != std::string::npos) return serverFault("key names cannot be paths");
    if (!isKeyName(key->settings.name)) return callerFault("the name of the key is not valid");
    return key;
}

Result<Response> handleRestore(Call& call)
{
    KeyStorage storage{call.context.storage};
    const bool isForced = call.fields.booleanOr("force", false);
    auto key = readBackup(call);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!key) return answerOf(key.error());
    const auto& name = key->settings.name;
    auto isThere = storage.exists(name);
    if (!isThere) return std::move(isThere).error();
    if (*isThere && !isForced) return serverError("key \"" + name + "\" already exists");
    if (*isThere) {
        if (auto erased = storage.erase(name); !erased) return std::move(erased).error();
    }
    key->settings.restore = KeySettings::Copied{call.now(), key->settings.latest};
    for (const auto& [number, version] : key->versions) {
        if (auto stored = storage.putVersion(name, *version); !stored) return std::move(stored).error();
    }
    if (auto stored = storage.putSettings(key->settings); !stored) return std::move(stored).error();
    return Response{};
}

} // namespace

void addBackupRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "backup/<name>",
                .handle = handleBackup,
                .isSlow = true, // its time grows with the number of versions
                .fields = route::kNoFields,
                .help = "Shows all of a key, with its secrets in clear. The key must be exportable and allow plaintext backups."});
    for (const auto* tail : {"", "/*name"}) {
        routes.add({.verbs = Verb::Write,
                    .pattern = std::string{"restore"} + tail,
                    .handle = handleRestore,
                    .isSlow = true,
                    .fields = FieldList{{"backup", FieldType::Text, "As backup gave it, here or at another server of this API."},
                                        {"force", FieldType::Boolean, "Replaces a key that exists.", "false"}},
                    .help = "Makes a key from a backup, under its own name or the one of the path."});
    }
}

} // namespace core::transit
