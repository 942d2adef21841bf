#include "core/barrier/seal.h"
#include "core/crypto/pkcs11_key.h"

// The first byte chooses what the rest is: a key bundle as a primary sends it, a stored share set, or a key that an HSM has wrapped.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    if (size == 0) return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 3) {
    case 0:
        if (const auto bundle = barrier::KeyBundle::parse(bytes)) {
            CORE_ASSERT(bundle->keyring()); // the root key in the bundle has opened it
            CORE_ASSERT(barrier::KeyBundle::parse(bundle->serialize().view()));
        }
        break;
    case 1:
        if (const auto set = barrier::ShareSet::parse(bytes)) {
            CORE_ASSERT(barrier::ShareSet::parse(set->serialize()) && *barrier::ShareSet::parse(set->serialize()) == *set);
            std::vector<SecretBytes> shares;
            for (char letter = 'a'; letter < 'd'; ++letter) shares.push_back(SecretBytes::copyOf(std::string(33, letter)));
            CORE_ASSERT(!set->rootKey(shares));
        }
        break;
    default:
        // Well-formed input reaches the library call, and there is no library.
        OsRandom random;
        crypto::Pkcs11Key::Options options;
        options.library = "/nonexistent/pkcs11.so";
        const crypto::Pkcs11Key key{options, random};
        CORE_ASSERT(!key.unwrap("name", bytes));
    }
    return 0;
}
