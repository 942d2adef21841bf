#include "core/transit/operation/backup.h"

#include "core/base/encoding.h"
#include "core/crypto/key_numbers.h"
#include "core/transit/key/key_making.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace core::transit {
namespace {

namespace json = boost::json;

constexpr std::string_view kNoKey = R"({"key":null,"hmac_key":null,"time":"0001-01-01T00:00:00Z","ec_x":null,"ec_y":null,"ec_d":null,"rsa_key":null,)"
                                    R"("rsa_public_key":null,"public_key":"","convergent_version":0,"creation_time":0,"certificate_chain":null})";

/// Appends `"name":text`, with a comma before it unless it is the first member.
void member(std::string& out, std::string_view name, std::string_view text)
{
    if (!out.ends_with('{')) out.push_back(',');
    out.append("\"").append(name).append("\":").append(text);
}

std::string quoted(std::string_view text)
{
    return json::serialize(json::value(json::string_view{text.data(), text.size()}));
}

std::string base64OrNull(const SecretBytes& bytes)
{
    return bytes.empty() ? "null" : "\"" + toBase64(bytes.view()) + "\"";
}

void appendRsa(std::string& out, const crypto::AsymmetricKey& pair)
{
    const auto numbers = crypto::rsaNumbersOf(pair);
    std::string text = "{";
    member(text, "N", numbers.n);
    member(text, "E", numbers.e);
    if (pair.hasPrivateHalf()) {
        member(text, "D", numbers.d.view());
        member(text, "Primes", "[" + std::string{numbers.p.view()} + "," + std::string{numbers.q.view()} + "]");
        member(text, "Precomputed",
               R"({"Dp":)" + std::string{numbers.dp.view()} + R"(,"Dq":)" + std::string{numbers.dq.view()} + R"(,"Qinv":)" +
                   std::string{numbers.qInverse.view()} + R"(,"CRTValues":[]})");
    }
    text.push_back('}');
    member(out, "rsa_key", pair.hasPrivateHalf() ? text : "null");
    member(out, "rsa_public_key", pair.hasPrivateHalf() ? "null" : text);
    wipe(text);
}

void appendEc(std::string& out, const crypto::AsymmetricKey& pair)
{
    const auto numbers = crypto::ecNumbersOf(pair);
    member(out, "ec_x", numbers.x);
    member(out, "ec_y", numbers.y);
    member(out, "ec_d", pair.hasPrivateHalf() ? numbers.d.view() : "null");
}

Result<> appendVersion(std::string& out, const KeyTypeTraits& type, const KeyVersion& version)
{
    std::string publicKey;
    const crypto::AsymmetricKey* pair = nullptr;
    if (type.asymmetric) {
        const auto parsed = version.asymmetric(type);
        if (!parsed) return parsed.error();
        pair = *parsed;
        if (type.isEcdsa()) publicKey = pair->publicPem();
        else if (!type.isRsa()) publicKey = toBase64(pair->ed25519Public());
    }
    out.push_back('{');
    member(out, "key", !type.asymmetric || type.type == KeyType::Ed25519 ? base64OrNull(version.secret) : "null");
    member(out, "hmac_key", base64OrNull(version.hmacKey));
    member(out, "time", quoted(toRfc3339(version.createdAt)));
    if (type.isEcdsa()) {
        appendEc(out, *pair);
    } else {
        for (const auto* name : {"ec_x", "ec_y", "ec_d"}) member(out, name, "null");
    }
    if (type.isRsa()) {
        appendRsa(out, *pair);
    } else {
        for (const auto* name : {"rsa_key", "rsa_public_key"}) member(out, name, "null");
    }
    member(out, "public_key", quoted(publicKey));
    member(out, "convergent_version", std::to_string(version.convergentScheme));
    member(out, "creation_time", std::to_string(toUnixSeconds(version.createdAt)));
    member(out, "certificate_chain", "null");
    out.push_back('}');
    return {};
}

std::string copiedText(const std::optional<KeySettings::Copied>& copied)
{
    if (!copied) return "null";
    return json::serialize(json::object{{"time", toRfc3339(copied->at)}, {"version", copied->version}});
}

void appendSettings(std::string& out, const KeySettings& settings)
{
    const auto boolean = [](bool isTrue) { return isTrue ? "true" : "false"; };
    member(out, "derived", boolean(settings.isDerived));
    member(out, "kdf", settings.isDerived ? "1" : "0");
    member(out, "convergent_encryption", boolean(settings.isConvergent));
    member(out, "exportable", boolean(settings.isExportable));
    member(out, "min_decryption_version", std::to_string(settings.minDecryption));
    member(out, "min_encryption_version", std::to_string(settings.minEncryption));
    member(out, "latest_version", std::to_string(settings.latest));
    member(out, "archive_version", std::to_string(settings.latest));
    member(out, "archive_min_version", std::to_string(settings.minAvailable));
    member(out, "min_available_version", std::to_string(settings.minAvailable));
    member(out, "deletion_allowed", boolean(settings.isDeletionAllowed));
    member(out, "convergent_version", settings.isConvergent ? "-1" : "0");
    member(out, "type", std::to_string(static_cast<int>(settings.type)));
    member(out, "backup_info", copiedText(settings.backup));
    member(out, "restore_info", copiedText(settings.restore));
    member(out, "allow_plaintext_backup", boolean(settings.allowsPlaintextBackup));
    member(out, "version_template", R"("")");
    member(out, "storage_prefix", R"("")");
    member(out, "auto_rotate_period", std::to_string(std::chrono::nanoseconds{settings.autoRotatePeriod}.count()));
    member(out, "Imported", boolean(settings.isImported));
    member(out, "AllowImportedKeyRotation", boolean(settings.allowsImportedRotation));
    if (settings.hmacKeyBytes != 0) member(out, "key_size", std::to_string(settings.hmacKeyBytes));
}

} // namespace

Result<SecretBytes> encodeBackup(const Key& key)
{
    const auto& settings = key.settings;
    std::string active = "{";
    std::string archived = settings.minAvailable == 0 ? std::string{kNoKey} : std::string{}; // the list begins with the version archive_min_version
    for (const auto& [number, version] : key.versions) {
        std::string text;
        if (auto appended = appendVersion(text, settings.traits(), *version); !appended) return std::move(appended).error();
        if (number >= settings.minDecryption) member(active, std::to_string(number), text);
        archived.append(archived.empty() ? "" : ",").append(text);
        wipe(text);
    }
    active.push_back('}');
    std::string out = R"({"policy":{)";
    member(out, "name", quoted(settings.name));
    member(out, "keys", active);
    appendSettings(out, settings);
    out.append(R"(},"archived_keys":{"keys":[)").append(archived).append("]}}\n");
    auto backup = SecretBytes::copyOf(out);
    for (auto* text : {&active, &archived, &out}) wipe(*text);
    return backup;
}

} // namespace core::transit
