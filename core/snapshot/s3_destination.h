#pragma once

#include "core/base/cancellation.h"
#include "core/outgoing/http_call.h"
#include "core/snapshot/destination.h"

#include <functional>
#include <optional>

namespace core::snapshot {

/// A bucket of Amazon S3 or of a compatible store, and how to reach it (spec: system-api.md §13.1, aws_s3_*).
struct S3Options {
    std::string bucket;
    std::string region;
    std::string prefix;   // of each object's key; without '/' at its ends; can be empty
    std::string endpoint; // "host", "host:port" or a URL; empty: Amazon's for the region
    bool isTlsDisabled = false;
    bool isPathStyle = false;
    bool usesServerSideEncryption = false;
    bool usesKms = false;
    std::string kmsKey;
    std::string caFile;                                     // PEM; empty: the system's authorities
    SecretBytes accessKeyId, secretAccessKey, sessionToken; // empty: AWS_ACCESS_KEY_ID … of the environment

    S3Options clone() const;
    /// What is wrong with the options, in the API's words. Empty if they can be used.
    std::optional<std::string> complaint() const;
};

/// Snapshots as objects of a bucket, each written by one signed request (AWS Signature V4). Temporary failures (no answer, 429, 5xx) are
/// tried three times; then the last error is reported.
class S3Destination final : public Destination {
public:
    struct Timeouts {
        std::chrono::milliseconds connect{10'000};
        std::chrono::seconds stalled{30}; // below 1 KB/s
        std::chrono::seconds answer{60};  // for requests that transfer no file
        std::chrono::seconds transfer{6 * 3600};
        std::chrono::milliseconds retryPause{500}; // doubled each time
    };
    /// `cancellation` stops a transfer within about a second and a pause at once. It must outlive this object.
    S3Destination(S3Options options, const Cancellation& cancellation, Timeouts timeouts);
    S3Destination(S3Options options, const Cancellation& cancellation) : S3Destination{std::move(options), cancellation, Timeouts{}} {}

    Result<std::vector<File>> list(std::string_view prefix) override;
    Result<> put(const std::filesystem::path& file, const std::string& name) override;
    Result<> get(const std::string& name, const std::filesystem::path& file, std::uint64_t bytesMax) override;
    Result<> remove(const std::string& name) override;
    std::string url(const std::string& name) const override;

private:
    struct Call;
    struct Answer {
        long status = 0;
        std::string body; // of an error, or of a list
    };
    outgoing::HttpCall httpCallOf(const Call& call) const;
    Result<Answer> attempt(const Call& call) const;
    /// Returns only answers with 2xx.
    Result<Answer> perform(const Call& call) const;
    std::string keyOf(std::string_view name) const;
    std::string base() const;

    const S3Options m_options;
    const Cancellation& m_cancellation;
    const Timeouts m_timeouts;
};

/// One page of a ListObjectsV2 answer. Errors: Corrupt.
struct S3Listing {
    std::vector<Destination::File> objects; // by key
    std::string continuation;               // empty: this is the last page
};
Result<S3Listing> parseS3Listing(const std::string& xml);
/// "SignatureDoesNotMatch: The request signature …" from an error's body. Empty if the body has another form.
std::string parseS3Error(const std::string& xml);

} // namespace core::snapshot
