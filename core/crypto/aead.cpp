#include "core/crypto/aead.h"

#include "core/base/assert.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <limits>
#include <thread>

namespace core::crypto {
namespace {

constexpr std::size_t kBlockBytes = 16;
constexpr std::size_t kPrefixBytes = 12; // the part of the nonce for the key; the rest is the nonce of AES-GCM
constexpr std::size_t kSlotCount = 16;

struct CipherDelete {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherDelete>;

// Fetched once: an implicit fetch at each use costs as much as sealing a short value, and takes shared locks.
const EVP_CIPHER* blockCipher()
{
    static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
    CORE_ASSERT(cipher != nullptr);
    return cipher;
}

const EVP_CIPHER* gcmCipher()
{
    static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    CORE_ASSERT(cipher != nullptr);
    return cipher;
}

const unsigned char* bytesOf(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

int lengthOf(std::string_view text)
{
    CORE_ASSERT(text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    return static_cast<int>(text.size());
}

/// What one operation needs, keyed with the outer key. Only one thread at a time uses it.
struct Contexts {
    explicit Contexts(const SecretBytes& key) : block{EVP_CIPHER_CTX_new()}, seal{EVP_CIPHER_CTX_new()}, open{EVP_CIPHER_CTX_new()}
    {
        CORE_ASSERT(block && seal && open);
        CORE_ASSERT(EVP_EncryptInit_ex2(block.get(), blockCipher(), key.data(), nullptr, nullptr) == 1);
        CORE_ASSERT(EVP_CIPHER_CTX_set_padding(block.get(), 0) == 1);
        CORE_ASSERT(EVP_EncryptInit_ex2(seal.get(), gcmCipher(), nullptr, nullptr, nullptr) == 1);
        CORE_ASSERT(EVP_DecryptInit_ex2(open.get(), gcmCipher(), nullptr, nullptr, nullptr) == 1);
    }

    CipherContext block;
    CipherContext seal;
    CipherContext open;
};

} // namespace

struct AeadKey::State {
    explicit State(const SecretBytes& outerKey) : key{outerKey.clone()}
    {
        CORE_ASSERT(key.size() == kAeadKeyBytes);
        // K1 of CMAC (NIST SP 800-38B): the encrypted zero block, doubled in GF(2^128).
        const std::array<unsigned char, kBlockBytes> zero{};
        std::array<unsigned char, kBlockBytes> l{};
        auto contexts = std::make_unique<Contexts>(key);
        int written = 0;
        CORE_ASSERT(EVP_EncryptUpdate(contexts->block.get(), l.data(), &written, zero.data(), kBlockBytes) == 1);
        for (std::size_t at = 0; at < kBlockBytes; ++at) {
            const unsigned next = at + 1 < kBlockBytes ? l[at + 1] >> 7 : 0u;
            subkey.data()[at] = static_cast<unsigned char>((l[at] << 1) | next);
        }
        subkey.data()[kBlockBytes - 1] ^= static_cast<unsigned char>((0u - (l[0] >> 7)) & 0x87);
        core::wipe(l.data(), l.size());
        give(std::move(contexts));
    }

    ~State()
    {
        for (auto& slot : slots) delete slot.load(std::memory_order_acquire);
    }

    static std::size_t slotOfThread()
    {
        static thread_local const std::size_t slot = std::hash<std::thread::id>{}(std::this_thread::get_id()) % kSlotCount;
        return slot;
    }

    std::unique_ptr<Contexts> take()
    {
        if (Contexts* free = slots[slotOfThread()].exchange(nullptr, std::memory_order_acq_rel)) {
            return std::unique_ptr<Contexts>{free};
        }
        return std::make_unique<Contexts>(key);
    }

    void give(std::unique_ptr<Contexts> contexts) { delete slots[slotOfThread()].exchange(contexts.release(), std::memory_order_acq_rel); }

    /// The key for one nonce: CMAC in counter mode, two blocks (NIST SP 800-108).
    void derive(EVP_CIPHER_CTX* block, std::string_view nonce, SecretBytes& derived) const
    {
        std::array<unsigned char, 2 * kBlockBytes> input{};
        for (unsigned char half = 0; half < 2; ++half) {
            unsigned char* at = input.data() + half * kBlockBytes;
            at[1] = static_cast<unsigned char>(half + 1);
            at[2] = 'X';
            std::memcpy(at + 4, nonce.data(), kPrefixBytes);
            for (std::size_t byte = 0; byte < kBlockBytes; ++byte) at[byte] ^= subkey.data()[byte];
        }
        int written = 0;
        CORE_ASSERT(EVP_EncryptUpdate(block, derived.data(), &written, input.data(), input.size()) == 1);
        CORE_ASSERT(written == static_cast<int>(input.size()));
        core::wipe(input.data(), input.size()); // it shows the subkey against known bytes
    }

    void seal(unsigned char* out, std::string_view nonce, std::string_view additional, std::string_view plaintext)
    {
        CORE_ASSERT(nonce.size() == kAeadNonceBytes);
        auto contexts = take();
        SecretBytes derived{kAeadKeyBytes};
        derive(contexts->block.get(), nonce, derived);
        EVP_CIPHER_CTX* cipher = contexts->seal.get();
        int written = 0;
        CORE_ASSERT(EVP_EncryptInit_ex2(cipher, nullptr, derived.data(), bytesOf(nonce) + kPrefixBytes, nullptr) == 1);
        CORE_ASSERT(EVP_EncryptUpdate(cipher, nullptr, &written, bytesOf(additional), lengthOf(additional)) == 1);
        CORE_ASSERT(EVP_EncryptUpdate(cipher, out, &written, bytesOf(plaintext), lengthOf(plaintext)) == 1);
        out += plaintext.size();
        CORE_ASSERT(EVP_EncryptFinal_ex(cipher, out, &written) == 1);
        CORE_ASSERT(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, out) == 1);
        give(std::move(contexts));
    }

    bool open(unsigned char* out, std::string_view nonce, std::string_view additional, std::string_view sealed)
    {
        const std::string_view ciphertext = sealed.substr(0, sealed.size() - kAeadTagBytes);
        std::array<unsigned char, kAeadTagBytes> tag;
        std::memcpy(tag.data(), sealed.data() + ciphertext.size(), tag.size());
        auto contexts = take();
        SecretBytes derived{kAeadKeyBytes};
        derive(contexts->block.get(), nonce, derived);
        EVP_CIPHER_CTX* cipher = contexts->open.get();
        int written = 0;
        CORE_ASSERT(EVP_DecryptInit_ex2(cipher, nullptr, derived.data(), bytesOf(nonce) + kPrefixBytes, nullptr) == 1);
        CORE_ASSERT(EVP_DecryptUpdate(cipher, nullptr, &written, bytesOf(additional), lengthOf(additional)) == 1);
        CORE_ASSERT(EVP_DecryptUpdate(cipher, out, &written, bytesOf(ciphertext), lengthOf(ciphertext)) == 1);
        CORE_ASSERT(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1);
        unsigned char rest[kBlockBytes];
        const bool isAuthentic = EVP_DecryptFinal_ex(cipher, rest, &written) == 1;
        give(std::move(contexts));
        return isAuthentic;
    }

    const SecretBytes key;
    SecretBytes subkey{kBlockBytes};
    std::array<std::atomic<Contexts*>, kSlotCount> slots{};
};

AeadKey::AeadKey(const SecretBytes& key) : m_state{std::make_unique<State>(key)} {}

AeadKey::AeadKey(AeadKey&&) noexcept = default;
AeadKey& AeadKey::operator=(AeadKey&&) noexcept = default;
AeadKey::~AeadKey() = default;

std::string AeadKey::seal(std::string_view nonce, std::string_view additional, std::string_view plaintext) const
{
    std::string out;
    sealTo(out, nonce, additional, plaintext);
    return out;
}

void AeadKey::sealTo(std::string& out, std::string_view nonce, std::string_view additional, std::string_view plaintext) const
{
    const std::size_t start = out.size();
    out.resize(start + plaintext.size() + kAeadTagBytes);
    m_state->seal(reinterpret_cast<unsigned char*>(out.data()) + start, nonce, additional, plaintext);
}

Result<std::string> AeadKey::open(std::string_view nonce, std::string_view additional, std::string_view sealed) const
{
    if (sealed.size() < kAeadTagBytes || nonce.size() != kAeadNonceBytes) {
        return Error{ErrorCode::Corrupt, "sealed value is too short"};
    }
    std::string out(sealed.size() - kAeadTagBytes, '\0');
    if (!m_state->open(reinterpret_cast<unsigned char*>(out.data()), nonce, additional, sealed)) {
        core::wipe(out);
        return Error{ErrorCode::Corrupt, "sealed value does not authenticate"};
    }
    return out;
}

Result<SecretBytes> AeadKey::openSecret(std::string_view nonce, std::string_view additional, std::string_view sealed) const
{
    if (sealed.size() < kAeadTagBytes || nonce.size() != kAeadNonceBytes) {
        return Error{ErrorCode::Corrupt, "sealed value is too short"};
    }
    SecretBytes out{sealed.size() - kAeadTagBytes};
    if (!m_state->open(out.data(), nonce, additional, sealed)) {
        return Error{ErrorCode::Corrupt, "sealed value does not authenticate"};
    }
    return out;
}

} // namespace core::crypto
