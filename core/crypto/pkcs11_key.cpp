#include "core/crypto/pkcs11_key.h"

#include "core/base/encoding.h"
#include "core/crypto/pkcs11_session.h"

#include <algorithm>

namespace core::crypto {
namespace {

using pkcs11::Session;

constexpr char kVersion = 1;
constexpr std::size_t kMacBytes = 32;
constexpr CK_ULONG kTagBits = 128;

/// True if a label can be part of the wrapped form and of a message.
bool isLabel(std::string_view text)
{
    return !text.empty() && text.size() <= 255 && isUtf8(text) &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::size_t vectorBytes(Pkcs11Key::Mechanism mechanism)
{
    return mechanism == Pkcs11Key::Mechanism::AesGcm ? 12 : 16;
}

/// version(1) ‖ mechanism(2, little-endian) ‖ size of label(1) ‖ label ‖ initialisation vector ‖ ciphertext [‖ HMAC(32)]
struct Wrapped {
    Pkcs11Key::Mechanism mechanism{};
    std::string_view label;
    std::string_view vector;
    std::string_view ciphertext;
    std::string_view mac;       // with AES-CBC
    std::string_view macCovers; // everything before the HMAC

    static Result<Wrapped> split(std::string_view bytes)
    {
        const Error damaged{ErrorCode::Corrupt, "the wrapped key is damaged, or belongs to another kind of seal"};
        const auto number = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[at])); };
        if (bytes.size() < 4 || bytes[0] != kVersion) return damaged;
        Wrapped out;
        out.mechanism = static_cast<Pkcs11Key::Mechanism>(number(1) | number(2) << 8);
        const bool isGcm = out.mechanism == Pkcs11Key::Mechanism::AesGcm;
        if (!isGcm && out.mechanism != Pkcs11Key::Mechanism::AesCbcPad) return damaged;
        const std::size_t labelBytes = number(3);
        const std::size_t macBytes = isGcm ? 0 : kMacBytes;
        const std::size_t headerBytes = 4 + labelBytes + vectorBytes(out.mechanism);
        if (bytes.size() <= headerBytes + macBytes) return damaged;
        out.label = bytes.substr(4, labelBytes);
        if (!isLabel(out.label)) return damaged;
        out.vector = bytes.substr(4 + labelBytes, vectorBytes(out.mechanism));
        out.ciphertext = bytes.substr(headerBytes, bytes.size() - headerBytes - macBytes);
        out.macCovers = bytes.substr(0, bytes.size() - macBytes);
        out.mac = bytes.substr(bytes.size() - macBytes);
        return out;
    }
};

/// A mechanism with its parameters, which point to the vector and the name.
struct Parameters {
    Parameters(Pkcs11Key::Mechanism kind, std::string_view vector, std::string_view name)
    {
        auto* vectorBytes = reinterpret_cast<unsigned char*>(const_cast<char*>(vector.data()));
        if (kind == Pkcs11Key::Mechanism::AesGcm) {
            auto* nameBytes = reinterpret_cast<unsigned char*>(const_cast<char*>(name.data()));
            gcm = {vectorBytes, vector.size(), vector.size() * 8, nameBytes, name.size(), kTagBits};
            mechanism = {CKM_AES_GCM, &gcm, sizeof gcm};
        } else {
            mechanism = {CKM_AES_CBC_PAD, vectorBytes, vector.size()};
        }
    }
    Parameters(const Parameters&) = delete;
    Parameters& operator=(const Parameters&) = delete;

    CK_GCM_PARAMS gcm{};
    CK_MECHANISM mechanism{};
};

std::string macText(std::string_view name, std::string_view covers)
{
    std::string text{name};
    text += '\0';
    return text.append(covers);
}

Error noKey(std::string_view label, const Pkcs11Key::Options& options)
{
    return Error{ErrorCode::NotFound, "the token " + (options.tokenLabel.empty() ? std::string{} : '"' + options.tokenLabel + "\" ") +
                                          "holds no key labelled \"" + std::string{label} + '"'};
}

/// The only key of that label. Makes it if it is missing and the options allow it.
Result<CK_OBJECT_HANDLE> keyToWrapWith(Session& session, bool isMac, const Pkcs11Key::Options& options, Random& random)
{
    const auto& label = isMac ? options.hmacKeyLabel : options.keyLabel;
    const CK_KEY_TYPE type = isMac ? CKK_GENERIC_SECRET : CKK_AES;
    const auto keys = session.findKeys(type, label);
    if (!keys) return keys.error();
    if (keys->size() == 1) return keys->front();
    if (keys->size() > 1) {
        return Error{ErrorCode::FailedPrecondition, "the token holds several keys labelled \"" + label + '"'};
    }
    if (!options.makesMissingKeys) return noKey(label, options);
    const std::vector<CK_ATTRIBUTE_TYPE> uses =
        isMac ? std::vector<CK_ATTRIBUTE_TYPE>{CKA_SIGN, CKA_VERIFY} : std::vector<CK_ATTRIBUTE_TYPE>{CKA_ENCRYPT, CKA_DECRYPT};
    return session.generateKey(isMac ? CKM_GENERIC_SECRET_KEY_GEN : CKM_AES_KEY_GEN, type, label, uses, random);
}

} // namespace

Pkcs11Key::Pkcs11Key(Options options, Random& random) : m_options{std::move(options)}, m_random{random} {}

Pkcs11Key::~Pkcs11Key() = default;

Result<std::string> Pkcs11Key::wrap(std::string_view name, const SecretBytes& secret) const
{
    if (!isLabel(m_options.keyLabel)) return Error{ErrorCode::InvalidArgument, "the key's label is not 1 to 255 bytes of text"};
    auto session = Session::open(m_options);
    if (!session) return std::move(session).error();
    const auto key = keyToWrapWith(**session, false, m_options, m_random);
    if (!key) return key.error();

    const std::string vector = m_random.bytes(vectorBytes(m_options.mechanism));
    Parameters parameters{m_options.mechanism, vector, name};
    const auto ciphertext = (*session)->encrypt(parameters.mechanism, *key, secret.view());
    if (!ciphertext) return ciphertext.error();
    const auto number = static_cast<std::uint32_t>(m_options.mechanism);
    std::string out{kVersion, static_cast<char>(number & 0xff), static_cast<char>(number >> 8), static_cast<char>(m_options.keyLabel.size())};
    out += m_options.keyLabel + vector + *ciphertext;
    if (m_options.mechanism == Mechanism::AesCbcPad) {
        const auto macKey = keyToWrapWith(**session, true, m_options, m_random);
        if (!macKey) return macKey.error();
        const auto mac = (*session)->hmacSha256(*macKey, macText(name, out));
        if (!mac) return mac.error();
        out += *mac;
    }
    return out;
}

Result<SecretBytes> Pkcs11Key::unwrap(std::string_view name, std::string_view wrapped) const
{
    const auto parts = Wrapped::split(wrapped);
    if (!parts) return parts.error();
    auto session = Session::open(m_options);
    if (!session) return std::move(session).error();
    if (parts->mechanism == Mechanism::AesCbcPad) {
        const auto macKeys = (*session)->findKeys(CKK_GENERIC_SECRET, m_options.hmacKeyLabel);
        if (!macKeys) return macKeys.error();
        if (macKeys->empty()) return noKey(m_options.hmacKeyLabel, m_options);
        bool isGenuine = false;
        for (const auto macKey : *macKeys) {
            const auto mac = (*session)->hmacSha256(macKey, macText(name, parts->macCovers));
            if (!mac) return mac.error();
            isGenuine = isGenuine || equalInConstantTime(*mac, parts->mac);
        }
        if (!isGenuine) return Error{ErrorCode::Corrupt, "the wrapped key was altered, or belongs to another key of the token"};
    }
    const auto keys = (*session)->findKeys(CKK_AES, parts->label);
    if (!keys) return keys.error();
    Result<SecretBytes> opened = noKey(parts->label, m_options);
    for (const auto key : *keys) {
        Parameters parameters{parts->mechanism, parts->vector, name};
        opened = (*session)->decrypt(parameters.mechanism, key, parts->ciphertext);
        if (opened) return opened;
    }
    if (!keys->empty() && opened.error().code == ErrorCode::Corrupt) {
        return std::move(opened).error().withContext("the wrapped key was altered, or belongs to another key than the token holds now");
    }
    return opened;
}

} // namespace core::crypto
