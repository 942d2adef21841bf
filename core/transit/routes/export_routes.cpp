// Keys that leave the server in clear, for those who may have them.
#include "core/base/encoding.h"
#include "core/transit/routes/key_versions.h"
#include "core/transit/routes/routes.h"

namespace core::transit {
namespace {

namespace json = boost::json;

enum class Part { Encryption, Signing, Mac, Public };
enum class Format { Default, Raw, Der, Pem };

std::optional<Part> partOf(std::string_view name)
{
    if (name == "encryption-key") return Part::Encryption;
    if (name == "signing-key") return Part::Signing;
    if (name == "hmac-key") return Part::Mac;
    if (name == "public-key") return Part::Public;
    return std::nullopt;
}

std::optional<Format> formatOf(std::string_view name)
{
    if (name.empty()) return Format::Default;
    if (name == "raw") return Format::Raw;
    if (name == "der") return Format::Der;
    if (name == "pem") return Format::Pem;
    return std::nullopt;
}

/// Why this key does not have the part; empty: it has.
std::string refusalOf(const KeySettings& settings, Part part)
{
    const auto& type = settings.traits();
    if (!settings.isExportable && part != Part::Public) return "key is not exportable";
    if (part == Part::Encryption && !type.canEncrypt()) return "encryption not supported for the key";
    if (part == Part::Signing && !type.canSign()) return "signing not supported for the key";
    if (part == Part::Public && !type.asymmetric) return "unknown key type " + std::string{type.name} + " for export type public-key";
    return {};
}

/// PEM of an elliptic curve has no line end at the end; that of RSA has one.
std::string pemText(const KeyTypeTraits& type, std::string_view pem)
{
    if (!type.isRsa()) {
        while (pem.ends_with('\n')) pem.remove_suffix(1);
    }
    return std::string{pem};
}

/// Errors: InvalidArgument (the format does not suit the key), Corrupt.
Result<std::string> publicText(const KeyTypeTraits& type, const KeyVersion& version, Format format)
{
    if (format == Format::Der) return toBase64(version.publicDer);
    const auto pair = crypto::AsymmetricKey::fromPublicDer(version.publicDer);
    if (!pair) return pair.error();
    const bool isEd25519 = type.type == KeyType::Ed25519;
    if (isEd25519 && format != Format::Pem) return toBase64(pair->ed25519Public());
    if (format == Format::Raw) return Error{ErrorCode::InvalidArgument, "unknown key format for this key; supported values are ``, `der`, or `pem`"};
    return pemText(type, pair->publicPem());
}

Result<std::string> privateText(const KeyTypeTraits& type, const KeyVersion& version, Format format)
{
    if (!version.hasPrivateHalf()) return std::string{};
    if (type.type == KeyType::Ed25519 && (format == Format::Default || format == Format::Raw)) return toBase64(version.secret.view());
    if (format == Format::Raw) return Error{ErrorCode::InvalidArgument, "unknown key format for this key; supported values are ``, `der`, or `pem`"};
    const auto pair = version.asymmetric(type);
    if (!pair) return pair.error();
    if (format == Format::Der) return toBase64((*pair)->pkcs8().view());
    const auto pem = format == Format::Pem ? (*pair)->pkcs8Pem() : (*pair)->traditionalPem();
    return pemText(type, pem.view());
}

Result<std::string> exported(const KeyTypeTraits& type, const KeyVersion& version, Part part, Format format)
{
    if (part == Part::Public) return publicText(type, version, format);
    if (part != Part::Mac && type.asymmetric) return privateText(type, version, format);
    if (format == Format::Der || format == Format::Pem) {
        return Error{ErrorCode::InvalidArgument, "unknown format for HMAC key; supported values are `` or `raw`"};
    }
    return toBase64(part == Part::Mac ? version.hmacKey.view() : version.secret.view());
}

Result<Response> handleExport(Call& call)
{
    const auto part = partOf(call.part("type"));
    if (!part) return Response::badRequest("invalid export type: " + std::string{call.part("type")});
    const auto formatName = call.fields.textOr("format", {});
    const auto format = formatOf(formatName);
    if (!format) return Response::badRequest("invalid format: " + formatName);
    auto found = backendOf(call).findKey(call.context, call.part("name"));
    if (!found) return std::move(found).error();
    if (!*found) return Response::error(404, {});
    const auto& key = **found;
    if (const auto refusal = refusalOf(key.settings, *part); !refusal.empty()) return Response::badRequest(refusal);
    auto versions = versionsToExport(key, call.part("version"));
    if (!versions) return answerOf(versions.error());
    json::object texts;
    for (const auto* version : *versions) {
        auto text = exported(key.settings.traits(), *version, *part, *format);
        if (!text) return answerOf(text.error());
        texts.emplace(std::to_string(version->number), std::move(*text));
    }
    return Response::ofData({{"name", key.settings.name}, {"type", key.settings.traits().name}, {"keys", std::move(texts)}});
}

} // namespace

void addExportRoutes(RouteTable& routes)
{
    for (const auto* tail : {"", "/:version"}) {
        routes.add(
            {.verbs = Verb::Read,
             .pattern = std::string{"export/<type>/<name>"} + tail,
             .handle = handleExport,
             .fields = FieldList{{"format", FieldType::Text, "raw, der or pem; empty is what suits the type."}},
             .help = "Shows a key in clear: encryption-key, signing-key or hmac-key of a key that is exportable, or public-key. The version can be a "
                     "number or `latest`."});
    }
}

} // namespace core::transit
