#include "core/transit/operation/backup.h"

#include "core/base/encoding.h"
#include "core/crypto/key_numbers.h"
#include "core/engine/kv/json_text.h"
#include "core/transit/key/key_making.h"
#include "core/transit/key/key_storage.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>

namespace core::transit {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersionNumberMax = 1 << 30;
constexpr std::int64_t kCreationSecondsMax = 9'000'000'000; // in the year 2255: a time in nanoseconds can hold it

Error invalid(std::string_view what)
{
    return Error{ErrorCode::InvalidArgument, "the backup is not one of a key: " + std::string{what}};
}

/// One object of the backup. Numbers stay text, because they have hundreds of digits.
class Members {
public:
    /// Errors: InvalidArgument (not an object).
    static Result<Members> of(std::string_view text)
    {
        auto members = engine::splitJsonObject(text);
        if (!members) return invalid("a part is not an object");
        return Members{std::move(*members)};
    }

    /// Empty: absent or null.
    std::string_view raw(std::string_view name) const
    {
        const auto at = std::ranges::find(m_members, name, &engine::JsonMember::key);
        if (at == m_members.end()) return {};
        const auto text = engine::trimJsonText(at->text);
        return text == "null" ? std::string_view{} : text;
    }
    bool boolean(std::string_view name) const { return raw(name) == "true"; }
    /// Empty: another form than an integer.
    std::optional<std::int64_t> integer(std::string_view name) const
    {
        const auto text = raw(name);
        if (text.empty()) return 0;
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
        return number;
    }
    std::string text(std::string_view name) const
    {
        const auto given = raw(name);
        json::error_code failed;
        const auto parsed = json::parse(json::string_view{given.data(), given.size()}, failed);
        return !failed && parsed.is_string() ? std::string{parsed.get_string()} : std::string{};
    }
    /// Bytes in base64; empty: absent or not base64.
    SecretBytes bytes(std::string_view name) const
    {
        auto encoded = text(name);
        auto decoded = fromBase64(encoded);
        wipe(encoded);
        if (!decoded) return {};
        auto secret = SecretBytes::copyOf(*decoded);
        wipe(*decoded);
        return secret;
    }
    const std::vector<engine::JsonMember>& all() const { return m_members; }

private:
    explicit Members(std::vector<engine::JsonMember> members) : m_members{std::move(members)} {}

    std::vector<engine::JsonMember> m_members;
};

/// The elements of an array, as text. Only brackets and texts are understood; each element is checked where it is read.
std::vector<std::string_view> elementsOf(std::string_view array)
{
    std::vector<std::string_view> elements;
    std::size_t depth = 0;
    std::size_t start = 1;
    bool isInText = false;
    for (std::size_t at = 0; at < array.size(); ++at) {
        const char c = array[at];
        if (isInText) {
            if (c == '\\') ++at;
            else isInText = c != '"';
            continue;
        }
        if (c == '"') isInText = true;
        else if (c == '[' || c == '{') ++depth;
        else if (c == '}' && depth > 0) --depth;
        const bool isEnd = c == ']' && depth > 0 && --depth == 0;
        if (!isEnd && !(c == ',' && depth == 1)) continue;
        const auto element = engine::trimJsonText(array.substr(start, at - start));
        if (!element.empty()) elements.push_back(element);
        start = at + 1;
        if (isEnd) break;
    }
    return elements;
}

Result<crypto::AsymmetricKey> rsaPairOf(const KeyTypeTraits& type, const Members& version)
{
    const auto privateText = version.raw("rsa_key");
    auto members = Members::of(privateText.empty() ? version.raw("rsa_public_key") : privateText);
    if (!members) return std::move(members).error();
    crypto::RsaNumbers numbers;
    numbers.n = members->raw("N");
    numbers.e = members->raw("E");
    if (!privateText.empty()) {
        const auto primes = elementsOf(members->raw("Primes"));
        if (primes.size() != 2) return invalid("an RSA key does not have two primes");
        numbers.d = SecretBytes::copyOf(members->raw("D"));
        numbers.p = SecretBytes::copyOf(primes[0]);
        numbers.q = SecretBytes::copyOf(primes[1]);
        if (numbers.d.empty()) return invalid("an RSA key has no private exponent");
    }
    return crypto::keyOf(*type.asymmetric, numbers);
}

Result<crypto::AsymmetricKey> pairOf(const KeyTypeTraits& type, const Members& version)
{
    if (type.isRsa()) return rsaPairOf(type, version);
    if (type.isEcdsa()) {
        return crypto::keyOf(*type.asymmetric, crypto::EcNumbers{.x = std::string{version.raw("ec_x")},
                                                                 .y = std::string{version.raw("ec_y")},
                                                                 .d = SecretBytes::copyOf(version.raw("ec_d"))});
    }
    const auto secret = version.bytes("key");
    const auto publicKey = version.bytes("public_key");
    if (secret.empty() && publicKey.size() == 32) return crypto::AsymmetricKey::ed25519FromPublic(publicKey.view());
    if (secret.size() != 64) return invalid("an Ed25519 key does not have 64 bytes");
    auto pair = crypto::AsymmetricKey::ed25519FromSeed(secret.view().substr(0, 32));
    if (pair.ed25519Public() != secret.view().substr(32)) return invalid("the halves of an Ed25519 key do not fit");
    return pair;
}

bool hasRightSize(const KeySettings& settings, const SecretBytes& secret)
{
    const auto& type = settings.traits();
    return secret.size() == (type.aead ? crypto::keyBytesOf(*type.aead) : settings.hmacKeyBytes);
}

WallTime creationTimeOf(const Members& version)
{
    if (const auto time = fromRfc3339(version.text("time"))) return *time;
    const auto seconds = version.integer("creation_time").value_or(0);
    const bool isPlausible = seconds >= 0 && seconds <= kCreationSecondsMax;
    return WallTime{std::chrono::seconds{isPlausible ? seconds : 0}};
}

Result<KeyVersion> versionOf(const KeySettings& settings, VersionNumber number, std::string_view text)
{
    auto members = Members::of(text);
    if (!members) return std::move(members).error();
    KeyVersion version;
    version.number = number;
    version.createdAt = creationTimeOf(*members);
    const auto scheme = members->integer("convergent_version").value_or(0);
    if (settings.isConvergent && scheme != kConvergentScheme) return invalid("its convergent encryption is of an old kind, which is not supported");
    version.convergentScheme = settings.isConvergent ? kConvergentScheme : std::uint8_t{0};
    version.hmacKey = members->bytes("hmac_key");
    if (version.hmacKey.size() > kHmacKeyBytesMax) return invalid("a key for MACs is too long");
    const auto& type = settings.traits();
    if (type.asymmetric) {
        auto pair = pairOf(type, *members);
        if (!pair) return std::move(pair).error();
        setPair(version, *pair);
        return version;
    }
    version.secret = members->bytes("key");
    if (!hasRightSize(settings, version.secret)) return invalid("a version does not have the size of its type");
    return version;
}

/// A version number between 0 and the latest. Empty: not one.
std::optional<VersionNumber> numberOf(const Members& policy, std::string_view name, std::int64_t max)
{
    const auto number = policy.integer(name);
    if (!number || *number < 0 || *number > max) return std::nullopt;
    return static_cast<VersionNumber>(*number);
}

/// The forms of keys that this engine does not have.
std::string_view unsupported(const Members& policy, const KeySettings& settings)
{
    const auto& type = settings.traits();
    if (settings.isDerived && policy.integer("kdf") != 1) return "its key derivation is of an old kind, which is not supported";
    if (settings.isDerived && !type.canDerive()) return "keys of its type do not derive";
    if (settings.isConvergent && (!settings.isDerived || !type.aead)) return "keys of its type do not encrypt convergently";
    if (!policy.text("version_template").empty() && policy.text("version_template") != "vault:v{{version}}:") return "it has a version template";
    return {};
}

Result<KeySettings> settingsOf(const Members& policy)
{
    KeySettings settings;
    settings.name = policy.text("name");
    const auto typeNumber = policy.integer("type");
    const auto* type = typeNumber ? keyTypeNumbered(*typeNumber) : nullptr;
    if (!type) return invalid("its type is not supported");
    settings.type = type->type;
    settings.isDerived = policy.boolean("derived");
    settings.isConvergent = policy.boolean("convergent_encryption");
    settings.isExportable = policy.boolean("exportable");
    settings.allowsPlaintextBackup = policy.boolean("allow_plaintext_backup");
    settings.isDeletionAllowed = policy.boolean("deletion_allowed");
    settings.isImported = policy.boolean("Imported");
    settings.allowsImportedRotation = policy.boolean("AllowImportedKeyRotation");
    if (const auto reason = unsupported(policy, settings); !reason.empty()) return invalid(reason);

    const auto latest = numberOf(policy, "latest_version", kVersionNumberMax);
    if (!latest || *latest == 0) return invalid("it has no latest version");
    settings.latest = *latest;
    const auto minDecryption = numberOf(policy, "min_decryption_version", *latest);
    const auto minEncryption = numberOf(policy, "min_encryption_version", *latest);
    const auto minAvailable = numberOf(policy, "min_available_version", *latest);
    if (!minDecryption || !minEncryption || !minAvailable) return invalid("a minimum version is not one of its versions");
    settings.minDecryption = std::max<VersionNumber>(*minDecryption, 1);
    settings.minEncryption = *minEncryption;
    settings.minAvailable = *minAvailable;

    const auto period = policy.integer("auto_rotate_period").value_or(0);
    settings.autoRotatePeriod = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::nanoseconds{std::max<std::int64_t>(period, 0)});
    if (settings.autoRotatePeriod.count() > 0) settings.autoRotatePeriod = std::max(settings.autoRotatePeriod, std::chrono::seconds{3600});
    const auto hmacKeyBytes = policy.integer("key_size").value_or(0);
    if (type->type == KeyType::Hmac) {
        const auto min = static_cast<std::int64_t>(kHmacKeyBytesMin);
        if (hmacKeyBytes < min || hmacKeyBytes > static_cast<std::int64_t>(kHmacKeyBytesMax)) return invalid("its key_size is out of range");
        settings.hmacKeyBytes = static_cast<std::uint32_t>(hmacKeyBytes);
    }
    return settings;
}

std::optional<KeySettings::Copied> copiedOf(const Members& policy, std::string_view name)
{
    const auto members = Members::of(policy.raw(name));
    if (!members) return std::nullopt;
    const auto at = fromRfc3339(members->text("time"));
    const auto version = numberOf(*members, "version", kVersionNumberMax);
    if (!at || !version) return std::nullopt;
    return KeySettings::Copied{*at, *version};
}

/// The text of each version, by number: those in use, and the archived ones below them.
Result<std::map<VersionNumber, std::string_view>> versionTexts(const KeySettings& settings, const Members& backup, const Members& policy)
{
    std::map<VersionNumber, std::string_view> texts;
    const auto add = [&](std::int64_t number, std::string_view text) {
        if (number >= settings.oldest() && number <= settings.latest) texts.insert_or_assign(static_cast<VersionNumber>(number), text);
    };
    auto archive = Members::of(backup.raw("archived_keys"));
    if (archive) {
        auto number = policy.integer("archive_min_version").value_or(0);
        if (number < 0 || number > settings.latest) return invalid("archive_min_version is not one of its versions");
        for (const auto element : elementsOf(archive->raw("keys"))) add(number++, element);
    }
    auto active = Members::of(policy.raw("keys"));
    if (!active) return std::move(active).error();
    for (const auto& member : active->all()) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(member.key.data(), member.key.data() + member.key.size(), number);
        if (error != std::errc{} || end != member.key.data() + member.key.size()) return invalid("a version has no number");
        add(number, member.text);
    }
    if (texts.size() > kVersionsMax) return invalid("it has too many versions");
    for (auto number = std::max(settings.minDecryption, settings.oldest()); number <= settings.latest; ++number) {
        if (!texts.contains(number)) return invalid("version " + std::to_string(number) + " is missing");
    }
    return texts;
}

} // namespace

Result<Key> decodeBackup(std::string_view text)
{
    auto backup = Members::of(text);
    if (!backup) return std::move(backup).error();
    auto policy = Members::of(backup->raw("policy"));
    if (!policy) return std::move(policy).error();
    auto settings = settingsOf(*policy);
    if (!settings) return std::move(settings).error();
    settings->backup = copiedOf(*policy, "backup_info");
    auto texts = versionTexts(*settings, *backup, *policy);
    if (!texts) return std::move(texts).error();
    Key key;
    key.settings = std::move(*settings);
    for (const auto& [number, versionText] : *texts) {
        auto version = versionOf(key.settings, number, versionText);
        if (!version) return std::move(version).error();
        key.settings.rotatedAt = version->createdAt;
        key.versions.emplace(number, std::make_shared<const KeyVersion>(std::move(*version)));
    }
    return key;
}

} // namespace core::transit
