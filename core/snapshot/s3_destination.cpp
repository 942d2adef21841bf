#include "core/snapshot/s3_destination.h"

#include "core/base/encoding.h"
#include "core/base/percent.h"
#include "core/crypto/digest.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace core::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAnswerBytesMax = 4u << 20;
constexpr int kAttempts = 3;
constexpr std::size_t kPagesMax = 1000; // of a list, with 1,000 objects each

using FileHandle = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

FileHandle openFile(const fs::path& path, const char* mode)
{
    return {std::fopen(path.c_str(), mode), &std::fclose};
}

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// The checksum of a file, in the form that a signature needs.
Result<std::pair<std::string, std::uint64_t>> digestOf(const fs::path& path)
{
    const auto file = openFile(path, "rb");
    if (!file) return Error{ErrorCode::Io, "cannot read " + path.string()};
    crypto::Sha256 hash;
    std::uint64_t bytes = 0;
    std::string buffer(1u << 18, '\0');
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        hash.update({buffer.data(), count});
        bytes += count;
    }
    if (std::ferror(file.get()) != 0) return Error{ErrorCode::Io, "cannot read " + path.string()};
    const auto digest = hash.finish();
    return std::pair{toHex(crypto::viewOf(digest)), bytes};
}

bool mayPass(long status)
{
    return status == 429 || status >= 500;
}

ErrorCode codeOf(long status)
{
    if (status == 401 || status == 403) return ErrorCode::PermissionDenied;
    if (status == 404) return ErrorCode::NotFound;
    return mayPass(status) ? ErrorCode::Unavailable : ErrorCode::Io;
}

ErrorCode codeOf(outgoing::CallFailure::Kind kind)
{
    switch (kind) {
    case outgoing::CallFailure::Kind::Timeout: return ErrorCode::Timeout;
    case outgoing::CallFailure::Kind::UntrustedCertificate: return ErrorCode::PermissionDenied;
    case outgoing::CallFailure::Kind::BadAuthorities: return ErrorCode::InvalidArgument;
    default: return ErrorCode::Unavailable;
    }
}

/// The keys of a call. Those of the environment are read for each call, because they can change.
struct Credentials {
    SecretBytes accessKey, secretKey, sessionToken;
};

/// Errors: PermissionDenied (there are none).
Result<Credentials> credentialsOf(const S3Options& options)
{
    const auto given = [](const SecretBytes& own, const char* name) {
        std::string fromOutside = own.empty() ? environment(name) : std::string{};
        auto out = own.empty() ? SecretBytes::copyOf(std::string_view{fromOutside}) : own.clone();
        wipe(fromOutside);
        return out;
    };
    const bool isStatic = !options.accessKeyId.empty();
    Credentials found{.accessKey = given(options.accessKeyId, "AWS_ACCESS_KEY_ID"),
                      .secretKey = given(options.secretAccessKey, "AWS_SECRET_ACCESS_KEY"),
                      .sessionToken = isStatic ? options.sessionToken.clone() : given(options.sessionToken, "AWS_SESSION_TOKEN")};
    if (found.accessKey.empty() || found.secretKey.empty()) {
        return Error{ErrorCode::PermissionDenied, "no AWS credentials: neither in the configuration nor in the environment"};
    }
    return found;
}

/// The file of a call, and what went wrong with it. The callbacks of the call use it.
struct Stream {
    FileHandle file{nullptr, &std::fclose};
    bool isBroken = false;
    std::uint64_t bytesLeft = 0; // that a download can still bring
    bool isTooLarge = false;

    std::optional<std::size_t> give(char* buffer, std::size_t room)
    {
        const auto given = std::fread(buffer, 1, room, file.get());
        return std::ferror(file.get()) != 0 ? std::nullopt : std::optional{given};
    }
    bool rewind(std::int64_t offset) { return ::fseeko(file.get(), offset, SEEK_SET) == 0; }
    bool take(std::string_view piece)
    {
        isTooLarge = piece.size() > bytesLeft;
        if (isTooLarge) return false;
        bytesLeft -= piece.size();
        isBroken = std::fwrite(piece.data(), 1, piece.size(), file.get()) != piece.size();
        return !isBroken;
    }
};

} // namespace

struct S3Destination::Call {
    const char* method = "GET";
    std::string what; // "writing a.snap"
    std::string key;
    std::string query; // encoded, sorted
    fs::path upload, download;
    std::string digest; // of the upload
    std::uint64_t uploadBytes = 0, downloadBytesMax = 0;
    outgoing::HeaderList headers;
};

S3Options S3Options::clone() const
{
    return {bucket,
            region,
            prefix,
            endpoint,
            isTlsDisabled,
            isPathStyle,
            usesServerSideEncryption,
            usesKms,
            kmsKey,
            caFile,
            accessKeyId.clone(),
            secretAccessKey.clone(),
            sessionToken.clone()};
}

std::optional<std::string> S3Options::complaint() const
{
    const auto isPlain = [](std::string_view text, std::string_view more) {
        return std::ranges::all_of(text, [&](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
        });
    };
    if (bucket.empty()) return "aws_s3_bucket must be given for storage_type \"aws-s3\"";
    if (region.empty()) return "aws_s3_region must be given for storage_type \"aws-s3\"";
    if (!isPlain(bucket, "-._") || bucket.size() > 255) return "invalid aws_s3_bucket";
    if (!isPlain(region, "-") || region.size() > 64) return "invalid aws_s3_region";
    if (!isPlain(endpoint, "-._:/[]") || endpoint.size() > 512) return "invalid aws_s3_endpoint";
    const auto hasControl = [](std::string_view text) {
        return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    };
    if (hasControl(kmsKey)) return "invalid aws_s3_kms_key";
    if (hasControl(prefix) || prefix.size() > 512) return "invalid path_prefix";
    if (hasControl(accessKeyId.view()) || hasControl(secretAccessKey.view()) || hasControl(sessionToken.view())) {
        return "a credential holds a control character";
    }
    if (accessKeyId.empty() != secretAccessKey.empty()) {
        return "aws_access_key_id and aws_secret_access_key must be given together";
    }
    if (!kmsKey.empty() && !usesKms) return "aws_s3_kms_key needs aws_s3_enable_kms";
    return std::nullopt;
}

S3Destination::S3Destination(S3Options options, const Cancellation& cancellation, Timeouts timeouts)
    : m_options{std::move(options)}
    , m_cancellation{cancellation}
    , m_timeouts{timeouts}
{}

std::string S3Destination::keyOf(std::string_view name) const
{
    return m_options.prefix.empty() ? std::string{name} : m_options.prefix + "/" + std::string{name};
}

std::string S3Destination::base() const
{
    std::string scheme = m_options.isTlsDisabled ? "http" : "https";
    std::string host = m_options.endpoint.empty() ? "s3." + m_options.region + ".amazonaws.com" : m_options.endpoint;
    if (const auto at = host.find("://"); at != std::string::npos) {
        if (!m_options.isTlsDisabled) scheme = host.substr(0, at);
        host.erase(0, at + 3);
    }
    while (host.ends_with('/')) host.pop_back();
    // A name with dots does not match the certificate of *.s3.…, and an IP address cannot have a name before it.
    const bool isAddress = host.find_first_not_of("0123456789.:") == std::string::npos || host.starts_with('[');
    if (m_options.isPathStyle || isAddress || m_options.bucket.find('.') != std::string::npos) {
        return scheme + "://" + host + "/" + m_options.bucket;
    }
    return scheme + "://" + m_options.bucket + "." + host;
}

std::string S3Destination::url(const std::string& name) const
{
    return base() + "/" + percentEncoded(keyOf(name), "/");
}

outgoing::HttpCall S3Destination::httpCallOf(const Call& call) const
{
    outgoing::HttpCall out{.method = call.method, .headers = call.headers};
    out.url = base() + (call.key.empty() ? "" : "/" + percentEncoded(call.key, "/")) + (call.query.empty() ? "" : "?" + call.query);
    // Given, so that the body's own digest is signed instead of "unsigned".
    out.headers.emplace_back("x-amz-content-sha256", call.upload.empty() ? crypto::sha256Hex({}) : call.digest);
    const bool hasFile = !call.upload.empty() || !call.download.empty();
    out.limits = {.connect = m_timeouts.connect,
                  .total = hasFile ? m_timeouts.transfer : m_timeouts.answer,
                  .stalled = m_timeouts.stalled,
                  .answerBytesMax = kAnswerBytesMax};
    out.tls.authorityFile = m_options.caFile;
    out.proxy = std::nullopt; // a store outside is often reached through the proxy of the environment
    out.isCancelled = [this] { return m_cancellation.isCancelled(); };
    return out;
}

Result<S3Destination::Answer> S3Destination::attempt(const Call& call) const
{
    const auto credentials = credentialsOf(m_options);
    if (!credentials) return credentials.error();
    const auto& path = call.upload.empty() ? call.download : call.upload;
    Stream stream{.file = path.empty() ? FileHandle{nullptr, &std::fclose} : openFile(path, call.upload.empty() ? "wbe" : "rbe"),
                  .bytesLeft = call.downloadBytesMax};
    if (!path.empty() && !stream.file) return Error{ErrorCode::Io, "cannot open " + path.string()};

    auto http = httpCallOf(call);
    http.signature.emplace(outgoing::AwsSignature{credentials->accessKey, credentials->secretKey, m_options.region, "s3"});
    http.secretHeaders = {{"x-amz-security-token", &credentials->sessionToken}};
    if (!call.upload.empty()) {
        http.upload = [&stream](char* buffer, std::size_t room) { return stream.give(buffer, room); };
        http.uploadBytes = call.uploadBytes;
        http.rewind = [&stream](std::int64_t offset) { return stream.rewind(offset); };
    } else if (!call.download.empty()) {
        http.download = [&stream](std::string_view piece) { return stream.take(piece); };
    }
    const auto reply = outgoing::HttpSender{}.send(http);
    if (!call.download.empty()) stream.isBroken = std::fclose(stream.file.release()) != 0 || stream.isBroken;

    using Kind = outgoing::CallFailure::Kind;
    if (reply.failure && reply.failure->kind == Kind::Cancelled) return Error{ErrorCode::Cancelled, "the server is stopping"};
    if (reply.failure && reply.failure->kind == Kind::NotRead) return Error{ErrorCode::Io, "cannot read " + call.upload.string()};
    if (stream.isTooLarge) return tooLarge(base() + "/" + percentEncoded(call.key, "/"), call.downloadBytesMax);
    if (stream.isBroken) return Error{ErrorCode::NoSpace, "cannot write " + call.download.string()};
    if (reply.failure) return Error{codeOf(reply.failure->kind), base() + ": " + reply.failure->detail};
    return Answer{reply.status, std::string{reply.body.view()}};
}

Result<S3Destination::Answer> S3Destination::perform(const Call& call) const
{
    auto wait = m_timeouts.retryPause;
    for (int count = 1;; ++count, wait *= 2) {
        auto answer = attempt(call);
        if (answer && answer->status >= 200 && answer->status < 300) return answer;
        const bool isWorthAnother =
            answer ? mayPass(answer->status) : answer.error().code == ErrorCode::Unavailable || answer.error().code == ErrorCode::Timeout;
        if (isWorthAnother && count < kAttempts && m_cancellation.pause(wait)) continue;
        const auto tries = count > 1 ? " (after " + std::to_string(count) + " attempts)" : "";
        if (!answer) return Error{answer.error().code, call.what + ": " + answer.error().detail + tries};
        const auto message = parseS3Error(answer->body);
        return Error{codeOf(answer->status),
                     call.what + ": " + base() + " answered " + std::to_string(answer->status) + (message.empty() ? "" : " " + message) + tries};
    }
}

Result<std::vector<Destination::File>> S3Destination::list(std::string_view prefix)
{
    std::vector<Destination::File> found;
    const auto whole = keyOf(prefix);
    const std::size_t folder = whole.size() - prefix.size();
    std::string continuation;
    for (std::size_t page = 0; page < kPagesMax; ++page) {
        Call call;
        call.what = "listing the snapshots";
        call.query =
            (continuation.empty() ? "" : "continuation-token=" + percentEncoded(continuation) + "&") + "list-type=2&prefix=" + percentEncoded(whole);
        auto answer = perform(call);
        if (!answer) return std::move(answer).error();
        auto listing = parseS3Listing(answer->body);
        if (!listing) return std::move(listing).error();
        for (auto& object : listing->objects) {
            if (!object.name.starts_with(whole) || object.name.find('/', folder) != std::string::npos) continue;
            object.name.erase(0, folder);
            found.push_back(std::move(object));
        }
        continuation = std::move(listing->continuation);
        if (continuation.empty()) {
            std::ranges::sort(found, {}, &Destination::File::name);
            return found;
        }
    }
    return Error{ErrorCode::TooLarge, "the bucket holds more objects of this prefix than can be listed"};
}

Result<> S3Destination::put(const fs::path& file, const std::string& name)
{
    auto digest = digestOf(file);
    if (!digest) return std::move(digest).error();
    Call call;
    call.method = "PUT";
    call.what = "writing " + name;
    call.key = keyOf(name);
    call.upload = file;
    call.digest = std::move(digest->first);
    call.uploadBytes = digest->second;
    call.headers.emplace_back("Content-Type", "application/gzip");
    if (m_options.usesKms) {
        call.headers.emplace_back("x-amz-server-side-encryption", "aws:kms");
        if (!m_options.kmsKey.empty()) call.headers.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", m_options.kmsKey);
    } else if (m_options.usesServerSideEncryption) {
        call.headers.emplace_back("x-amz-server-side-encryption", "AES256");
    }
    auto done = perform(call);
    if (!done) return std::move(done).error();
    return {};
}

Result<> S3Destination::get(const std::string& name, const fs::path& file, std::uint64_t bytesMax)
{
    Call call;
    call.what = "reading " + name;
    call.key = keyOf(name);
    call.download = file;
    call.downloadBytesMax = bytesMax;
    auto done = perform(call);
    if (done) return {};
    std::error_code ignored;
    fs::remove(file, ignored);
    return std::move(done).error();
}

Result<> S3Destination::remove(const std::string& name)
{
    Call call;
    call.method = "DELETE";
    call.what = "removing " + name;
    call.key = keyOf(name);
    auto done = perform(call);
    if (!done && done.error().code != ErrorCode::NotFound) return std::move(done).error();
    return {};
}

} // namespace core::snapshot
