#include "core/sys/snapshot/snapshot_handlers.h"

#include "core/base/name.h"
#include "core/base/temporary_file.h"
#include "core/sys/snapshot/multipart_upload.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;
using snapshot::ScheduleConfig;

Result<Response> save(const SnapshotServices& services, Call& call)
{
    const bool isVerified = call.fields.booleanOr("verify", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    auto file = TemporaryFile::create(services.temporaryDirectory / "snapshot-");
    if (!file) return Response::error(500, "no room for a temporary file in " + services.temporaryDirectory.string());
    if (const auto saved = services.snapshots->save(file->path(), services.identity()); !saved) return snapshotFailure(saved.error());
    if (isVerified) {
        if (const auto proof = services.snapshots->prove(file->path()); !proof) {
            return Response::error(500, "the snapshot that was made cannot be restored: " + proof.error().detail);
        }
    }
    Response response;
    response.isRaw = true;
    response.status = 200;
    response.rawFile = file->release().string();
    response.rawContentType = "application/gzip";
    return response;
}

/// The key shares of an archive: headers "key", each with one share or several with commas between.
Result<> readShares(const mount::Request& request, std::vector<SecretBytes>& shares)
{
    for (const auto& header : request.headers) {
        if (header.name != "key") continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            auto text = rest.substr(0, comma);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
            while (text.starts_with(' ')) text.remove_prefix(1);
            while (text.ends_with(' ')) text.remove_suffix(1);
            if (text.empty()) continue;
            if (auto added = addShare(text, shares); !added) return added;
        }
    }
    return {};
}

std::string_view textOf(snapshot::CheckedArchive::Keys keys)
{
    return keys == snapshot::CheckedArchive::Keys::Unknown ? "form" : "contents";
}

Response answerOf(const snapshot::RestoreOutcome& outcome)
{
    const bool isSealed = outcome.keys != snapshot::CheckedArchive::Keys::Ours;
    json::object data{
        {"snapshot_id", outcome.meta.id},
        {"cluster_name", outcome.meta.clusterName},
        {"created_at", outcome.meta.createdAt},
        {"key_count", outcome.meta.keyCount},
        {"proven", textOf(outcome.keys)},
        {"is_sealed", isSealed},
        {"safety_snapshot", outcome.safetySnapshot},
        {"safety_snapshot_text", outcome.safetyText},
        {"undo_command", outcome.safetySnapshot.empty() ? std::string{} : "holdfast replication safety-snapshot restore " + outcome.safetySnapshot}};
    if (!outcome.steps.empty()) data["steps"] = json::array(outcome.steps.begin(), outcome.steps.end());
    auto response = Response::ofData(std::move(data));
    response.warnings = outcome.warnings;
    if (!outcome.steps.empty()) {
        response.warnings.emplace_back(
            "No primary of the snapshot's replication set answered; this cluster takes its place. Data \"steps\" says how each "
            "member of that set comes back.");
    }
    if (isSealed) {
        response.warnings.emplace_back(
            "This cluster is being sealed: the unseal keys of the snapshot open it from now on, and its tokens are the snapshot's.");
    }
    return response;
}

Result<Response> restore(const SnapshotServices& services, Call& call, bool isForced)
{
    if (call.request.bodyFile.empty()) return Response::badRequest("the snapshot must be the body of the request");
    TemporaryFile upload{call.request.bodyFile};
    snapshot::RestoreRequest request;
    request.isForced = isForced;
    request.skipsSafetySnapshot = call.fields.booleanOr("skip_safety_snapshot", false);
    request.takesNewIdentity = call.fields.booleanOr("new_identity", false);
    request.acceptsUnsigned = call.fields.booleanOr("accept_unsigned", false);
    const bool isReported = call.fields.booleanOr("report", false);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (auto read = readShares(call.request, request.shares); !read) return snapshotFailure(read.error());
    if (isMultipart(call.request.contentType)) {
        auto parts = splitMultipart(upload.path(), call.request.contentType, services.temporaryDirectory, request.shares);
        if (!parts) return snapshotFailure(parts.error());
        upload = std::move(*parts);
    }
    request.file = upload.path();
    const auto restored = services.restore(request);
    if (!restored) return snapshotFailure(restored.error());
    // Vault answers 204, and scripts rely on that. A client can ask for more. Warnings are shown in each case.
    return isReported || !restored->warnings.empty() || !restored->steps.empty() ? answerOf(*restored) : Response{};
}

/// A name that can be part of a key and of a file's name.
bool isName(std::string_view name)
{
    return !name.empty() && name.size() <= 128 && name.find_first_of("/\\\0\n", 0, 4) == std::string_view::npos && name.front() != '.';
}

/// The fields of storage_type "aws-s3". An empty credential means that the environment's is used again.
void readS3Fields(mount::Fields& fields, snapshot::S3Options& s3)
{
    const auto text = [&](const char* name, std::string& to) {
        if (auto given = fields.text(name)) to = std::move(*given);
    };
    const auto flag = [&](const char* name, bool& to) { to = fields.booleanOr(name, to); };
    const auto secret = [&](const char* name, SecretBytes& to) {
        auto given = fields.text(name);
        if (!given) return;
        to = SecretBytes::copyOf(std::string_view{*given});
        wipe(*given);
    };
    text("aws_s3_bucket", s3.bucket);
    text("aws_s3_region", s3.region);
    text("aws_s3_endpoint", s3.endpoint);
    text("aws_s3_kms_key", s3.kmsKey);
    text("aws_s3_ca_file", s3.caFile);
    flag("aws_s3_disable_tls", s3.isTlsDisabled);
    flag("aws_s3_force_path_style", s3.isPathStyle);
    flag("aws_s3_enable_kms", s3.usesKms);
    flag("aws_s3_server_side_encryption", s3.usesServerSideEncryption);
    secret("aws_access_key_id", s3.accessKeyId);
    secret("aws_secret_access_key", s3.secretAccessKey);
    secret("aws_session_token", s3.sessionToken);
}

std::optional<Response> refusalOfPlace(const ScheduleConfig& config)
{
    if (config.storageType == "aws-s3") {
        if (const auto complaint = config.s3.complaint()) return Response::badRequest(*complaint);
        return std::nullopt;
    }
    if (config.storageType == "azure-blob" || config.storageType == "google-gcs") {
        return Response::badRequest("storage_type \"" + config.storageType + "\" is not supported; use \"local\" or \"aws-s3\"");
    }
    if (config.storageType != "local") return Response::badRequest("storage_type must be \"local\" or \"aws-s3\"");
    if (!config.pathPrefix.starts_with('/')) return Response::badRequest("path_prefix must be given as an absolute path");
    if (std::ranges::any_of(config.pathPrefix, [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; })) {
        return Response::badRequest("path_prefix must not hold control characters"); // a NUL would cut the path short
    }
    if (config.localMaxSpace == 0) return Response::badRequest("local_max_space must be given for storage_type \"local\"");
    return std::nullopt;
}

Result<Response> putConfig(const SnapshotServices& services, Call& call)
{
    const auto name = std::string{call.part("name")};
    if (!isName(name)) return Response::badRequest("invalid snapshot configuration name");
    auto before = services.autoSnapshots->config(call.scope(), name);
    if (!before) return std::move(before).error();
    const bool isNew = !before->has_value();
    if (auto why = nameRefusal("the name of a snapshot configuration", name); isNew && !why.empty()) return Response::badRequest(std::move(why));
    ScheduleConfig config = isNew ? ScheduleConfig{} : std::move(**before);
    const auto intervalBefore = config.interval;
    config.name = name;
    auto& fields = call.fields;
    const auto interval = fields.duration("interval");
    const auto retain = fields.integer("retain");
    const auto type = fields.text("storage_type");
    const auto pathPrefix = fields.text("path_prefix");
    const auto filePrefix = fields.text("file_prefix");
    const auto space = fields.integer("local_max_space");
    const bool skipsTrial = fields.booleanOr("skip_destination_test", false);
    readS3Fields(fields, config.s3);
    if (fields.refusal()) return *fields.refusal();

    if (interval) config.interval = std::chrono::duration_cast<std::chrono::seconds>(*interval);
    if (config.interval.count() <= 0) return Response::badRequest("interval must be given and at least one second");
    if (retain && (*retain < 1 || *retain > 100'000)) return Response::badRequest("retain must be at least 1");
    if (retain) config.retain = static_cast<int>(*retain);
    if (type && !isNew && config.storageType != *type) return Response::badRequest("storage_type cannot be changed");
    if (type) config.storageType = *type;
    if (pathPrefix) config.pathPrefix = *pathPrefix;
    config.s3.prefix = config.pathPrefix;
    if (filePrefix && !isName(*filePrefix)) return Response::badRequest("invalid file_prefix");
    if (filePrefix) config.filePrefix = *filePrefix;
    if (space && *space < 1) return Response::badRequest("local_max_space must be positive");
    if (space) config.localMaxSpace = static_cast<std::uint64_t>(*space);
    if (auto refusal = refusalOfPlace(config)) return *refusal;
    if (isNew || intervalBefore != config.interval) config.anchor = call.now();
    std::optional<std::string> trouble;
    if (!skipsTrial) {
        // A folder that cannot be written is a mistake. An object store that does not answer can be reachable again later.
        if (auto tried = services.autoSnapshots->tryDestination(config); !tried) trouble = tried.error().detail;
        if (trouble && config.storageType == "local") {
            return Response::badRequest("snapshots cannot be kept in path_prefix: " + *trouble +
                                        " (skip_destination_test=true stores the configuration anyway)");
        }
    }
    if (auto put = services.autoSnapshots->put(call.scope(), config); !put) return std::move(put).error();
    Response response;
    if (trouble) {
        response.status = 200;
        response.warnings.push_back("The configuration is stored, but its destination was tried and does not work: " + *trouble +
                                    ". Runs will fail until this is corrected.");
    }
    return response;
}

Result<Response> readConfig(const SnapshotServices& services, const Call& call)
{
    auto stored = services.autoSnapshots->config(call.scope(), call.part("name"));
    if (!stored) return std::move(stored).error();
    if (!*stored) return Response::error(404, {});
    const auto& config = **stored;
    json::object data{{"interval", config.interval.count()},
                      {"retain", config.retain},
                      {"path_prefix", config.pathPrefix},
                      {"file_prefix", config.filePrefix},
                      {"storage_type", config.storageType}};
    if (config.storageType == "local") {
        data["local_max_space"] = config.localMaxSpace;
        return Response::ofData(std::move(data));
    }
    const auto& s3 = config.s3;
    data["aws_s3_bucket"] = s3.bucket;
    data["aws_s3_region"] = s3.region;
    data["aws_s3_endpoint"] = s3.endpoint;
    data["aws_s3_disable_tls"] = s3.isTlsDisabled;
    data["aws_s3_force_path_style"] = s3.isPathStyle;
    data["aws_s3_enable_kms"] = s3.usesKms;
    data["aws_s3_server_side_encryption"] = s3.usesServerSideEncryption;
    data["aws_s3_kms_key"] = s3.kmsKey;
    data["aws_s3_ca_file"] = s3.caFile;
    data["aws_credentials"] = s3.accessKeyId.empty() ? "environment" : "configured"; // never the credentials themselves
    if (config.localMaxSpace != 0) data["local_max_space"] = config.localMaxSpace;
    return Response::ofData(std::move(data));
}

Result<Response> listConfigs(const SnapshotServices& services, const Call& call)
{
    auto names = services.autoSnapshots->names(call.scope());
    if (!names) return std::move(names).error();
    if (names->empty()) return Response::error(404, {});
    json::array keys;
    for (const auto& name : *names) keys.emplace_back(name);
    return Response::ofData({{"keys", std::move(keys)}});
}

Result<Response> readStatus(const SnapshotServices& services, const Call& call)
{
    const auto name = call.part("name");
    auto config = services.autoSnapshots->config(call.scope(), name);
    if (!config) return std::move(config).error();
    if (!*config) return Response::error(404, {});
    const auto status = services.autoSnapshots->status(call.scope(), name);
    if (!status) return status.error();
    const auto time = [](WallTime at) { return at == WallTime{} ? json::value("") : json::value(toRfc3339(at)); };
    return Response::ofData({{"last_snapshot_start", time(status->lastStart)},
                             {"last_snapshot_end", time(status->lastEnd)},
                             {"last_snapshot_error", status->lastError},
                             {"last_snapshot_url", status->lastUrl},
                             {"snapshot_start", time(status->snapshotStart)},
                             {"snapshot_url", status->lastUrl},
                             {"snapshot_bytes", status->snapshotBytes},
                             {"consecutive_errors", status->consecutiveErrors},
                             {"error_count", status->errorCount},
                             {"success_count", status->successCount},
                             {"missed_runs", status->missedRuns},
                             {"last_missed_run", time(status->lastMissed)},
                             {"snapshots_in_storage", status->storedCount},
                             {"total_snapshot_bytes", status->storedBytes},
                             {"save_duration_ms", status->saveDuration.count()},
                             {"rotate_duration_ms", status->rotateDuration.count()},
                             {"last_proven_snapshot_url", status->provenUrl},
                             {"last_proven_time", time(status->provenAt)},
                             {"last_proven_root", status->provenRoot},
                             {"last_proven_keys", status->provenKeys},
                             {"last_proof_duration_ms", status->proofDuration.count()},
                             {"next_snapshot_start", time(snapshot::nextRun(**config, call.now()))}});
}

} // namespace

Response snapshotFailure(const Error& error)
{
    switch (error.code) {
    case ErrorCode::Corrupt:
    case ErrorCode::PermissionDenied:
    case ErrorCode::TooLarge:
    case ErrorCode::FailedPrecondition:
    case ErrorCode::Unsupported:
    case ErrorCode::InvalidArgument: return Response::badRequest(error.detail);
    case ErrorCode::Unavailable: return Response::error(503, error.detail);
    default: return Response::error(500, error.detail);
    }
}

namespace {

FieldList configFields()
{
    return {{"interval", FieldType::Duration, "The time between two snapshots."},
            {"retain", FieldType::Integer, "How many snapshots are kept.", "1"},
            {"storage_type", FieldType::Text, "`local` or `aws-s3`."},
            {"path_prefix", FieldType::Text, "The folder, or the prefix in the bucket."},
            {"file_prefix", FieldType::Text, "How the names of the files begin.", "\"vault-snapshot\""},
            {"local_max_space", FieldType::Integer, "`local`: how many bytes all snapshots together may take."},
            {"skip_destination_test", FieldType::Boolean, "No test file is written.", "false"},
            {"aws_s3_bucket"},
            {"aws_s3_region"},
            {"aws_s3_endpoint"},
            {"aws_access_key_id"},
            {"aws_secret_access_key"},
            {"aws_session_token"},
            {"aws_s3_kms_key"},
            {"aws_s3_ca_file", FieldType::Text, "The certificate authorities of the endpoint."},
            {"aws_s3_disable_tls", FieldType::Boolean},
            {"aws_s3_force_path_style", FieldType::Boolean},
            {"aws_s3_enable_kms", FieldType::Boolean},
            {"aws_s3_server_side_encryption", FieldType::Boolean}};
}

} // namespace

void addSnapshotRoutes(RouteTable& routes, SnapshotServices services)
{
    const auto shared = std::make_shared<const SnapshotServices>(std::move(services));
    routes.add({.verbs = Verb::Read,
                .pattern = "storage/raft/snapshot",
                .handle = [shared](Call& call) { return save(*shared, call); },
                .isSlow = true,
                .fields = FieldList{{"verify", FieldType::Boolean, "The snapshot is restored as a test before it is sent.", "false"}},
                .isWithoutWarnings = true,
                .help = "Saves a snapshot of the cluster. The answer's body is the file. With verify=true it is first restored as a test."});
    for (const bool isForced : {false, true}) {
        routes.add(
            {.verbs = Verb::Write,
             .pattern = isForced ? "storage/raft/snapshot-force" : "storage/raft/snapshot",
             .handle = [shared, isForced](Call& call) { return restore(*shared, call, isForced); },
             .isSlow = true,
             .help =
                 "Puts a snapshot, the request's body, in place of all data of the cluster, once it has been proven. Headers or form fields "
                 "\"key\": its key shares. report=true: say what was proven and kept. new_identity=true: make a new replication set. accept_unsigned=true: also a file that no present "
                 "member has signed. skip_safety_snapshot=true: keep nothing of what is here."});
    }
    const std::string folder = "storage/raft/snapshot-auto/";
    routes.add({.verbs = Verb::List,
                .pattern = folder + "config",
                .handle = [shared](Call& call) { return listConfigs(*shared, call); },
                .needsSudo = true,
                .help = "Lists the names of the automatic snapshot configurations."});
    routes.add({.verbs = Verb::Write,
                .pattern = folder + "config/:name",
                .handle = [shared](Call& call) { return putConfig(*shared, call); },
                .needsSudo = true,
                .isSlow = true,
                .fields = configFields(),
                .isWithoutWarnings = true,
                .help =
                    "Sets up automatic snapshots: interval, retain, path_prefix, file_prefix, storage_type (local, aws-s3), local_max_space, aws_…. "
                    "A test file is written there, read back and removed; skip_destination_test=true skips that."});
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "config/:name",
                .handle = [shared](Call& call) { return readConfig(*shared, call); },
                .needsSudo = true,
                .help = "Shows the stored configuration."});
    routes.add({.verbs = Verb::Delete,
                .pattern = folder + "config/:name",
                .handle = [shared](Call& call) -> Result<Response> {
                    if (auto erased = shared->autoSnapshots->erase(call.scope(), call.part("name")); !erased) {
                        return std::move(erased).error();
                    }
                    return Response{};
                },
                .needsSudo = true,
                .help = "Ends the automatic snapshots. The files stay."});
    routes.add({.verbs = Verb::Read,
                .pattern = folder + "status/:name",
                .handle = [shared](Call& call) { return readStatus(*shared, call); },
                .help = "Shows the last runs, the last error, and the next run."});
}

} // namespace core::sys
