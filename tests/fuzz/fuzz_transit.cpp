#include "core/base/go_text.h"
#include "core/transit/key/key_making.h"
#include "core/transit/operation/backup.h"
#include "core/transit/operation/versioned_text.h"

// The first byte chooses what the rest is: a backup, a ciphertext, a stored version, or stored settings of a transit key. What is understood
// can be written and is understood again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    using namespace core::transit;
    if (size == 0) return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 4) {
    case 0:
        if (const auto key = decodeBackup(bytes)) {
            CORE_ASSERT(!key->versions.empty() && key->version(key->settings.latest));
            const auto again = encodeBackup(*key);
            CORE_ASSERT(again && decodeBackup(again->view()));
        }
        break;
    case 1: {
        const auto text = VersionedText::parse(bytes);
        if (text.fault == VersionedText::Fault::None) {
            const auto again = versionedText(text.version, text.payload);
            CORE_ASSERT(VersionedText::parse(again).version == text.version && VersionedText::parse(again).payload == text.payload);
        }
        (void)core::decodeGoBase64(bytes);
        break;
    }
    case 2:
        if (const auto version = KeyVersion::decode(1, bytes)) CORE_ASSERT(version->encode().view() == bytes);
        break;
    default:
        if (const auto settings = KeySettings::decode("k", bytes)) CORE_ASSERT(KeySettings::decode("k", settings->encode()));
    }
    return 0;
}
