#include "core/transit/routes/key_rotation.h"

#include "core/base/logging.h"
#include "core/transit/key/key_making.h"
#include "core/transit/routes/key_changes.h"

namespace core::transit {
namespace {

constexpr std::size_t kKeysInOneRound = 100; // the next round rotates more

} // namespace

Result<std::vector<std::string>> keysDueForRotation(const mount::Context& context)
{
    return KeyStorage{context.storage}.dueForRotation(context.clock.now(), kKeysInOneRound);
}

Result<bool> rotateDueKey(mount::Context& context, const std::string& name)
{
    KeyStorage storage{context.storage};
    auto key = storage.load(name);
    if (!key) return std::move(key).error();
    if (!*key) return false;
    auto settings = (*key)->settings;
    const auto now = context.clock.now();
    if (settings.autoRotatePeriod.count() == 0 || laterBy(settings.rotatedAt, settings.autoRotatePeriod) > now) return false;
    if (const auto refused = refuseRotation(**key)) {
        logging::warn("transit", "a key was not rotated automatically",
                      {{"mount", context.mount.path}, {"key", name}, {"error", refused->errors.empty() ? std::string{} : refused->errors.front()}});
        settings.rotatedAt = now; // so that the log says it once in each period
        if (auto stored = storage.putSettings(settings); !stored) return std::move(stored).error();
        return false;
    }
    auto next = withNewVersion(**key, context.random, now);
    next.settings.isImported = false;
    if (auto stored = storeNewest(storage, next); !stored) return std::move(stored).error();
    return true;
}

} // namespace core::transit
