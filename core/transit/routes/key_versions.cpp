#include "core/transit/routes/key_versions.h"

#include <charconv>

namespace core::transit {

Result<std::vector<const KeyVersion*>> versionsToExport(const Key& key, std::string_view text)
{
    std::vector<const KeyVersion*> found;
    if (text.empty()) {
        for (auto at = key.versions.lower_bound(key.settings.minDecryption); at != key.versions.end(); ++at) found.push_back(at->second.get());
        return found;
    }
    std::int64_t number = key.settings.latest;
    if (text != "latest") {
        if (text.starts_with('v')) text.remove_prefix(1);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
            return Error{ErrorCode::InvalidArgument, "invalid key version"};
        }
    }
    if (number < key.settings.minDecryption) return Error{ErrorCode::InvalidArgument, "version for export is below minimum decryption version"};
    const auto* version = number > key.settings.latest ? nullptr : key.version(static_cast<VersionNumber>(number));
    if (!version) return Error{ErrorCode::InvalidArgument, "version does not exist or cannot be found"};
    found.push_back(version);
    return found;
}

} // namespace core::transit
