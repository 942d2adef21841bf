#include "app/holdfast/commands/command.h"

#include "core/base/clock.h"
#include "core/base/duration.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <thread>

namespace cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

/// What is asked, and in which file of the bundle the answers are.
struct Target {
    std::string_view name;
    std::string_view file;
    std::string_view path;
    bool isRepeated = true; // asked at each interval
    bool isText = false;
};

constexpr Target kTargets[] = {{"config", "config.json", "sys/config/state/sanitized", false},
                               {"host", "host_info.json", "sys/host-info"},
                               {"metrics", "metrics.json", "sys/metrics"},
                               {"pprof", "goroutine.prof", "sys/pprof/goroutine", true, true},
                               {"pprof", "heap.prof", "sys/pprof/heap", true, true},
                               {"replication-status", "replication_status.json", "sys/replication/status"},
                               {"requests", "requests.json", "sys/in-flight-req"},
                               {"server-status", "server_status.json", "sys/seal-status"}};

/// The files of a bundle, in memory until it is complete.
using Files = std::map<std::string, std::string>;

struct Bundle {
    Files files;
    std::map<std::string, Json> answers; // JSON files: a list of what was answered when
    Json errors = Json{Json::Array{}};
};

std::string nowText()
{
    return core::toRfc3339(core::WallTime{std::chrono::duration_cast<core::WallTime::duration>(std::chrono::system_clock::now().time_since_epoch())});
}

void ask(Invocation& run, const Target& target, Bundle& bundle)
{
    const auto now = nowText();
    const auto answer = run.client().send({.path = std::string{target.path}, .isWrapped = false, .isPreparation = true});
    if (!answer) {
        bundle.errors.append(Json::object({{"error", answer.error().detail}, {"target", target.name}, {"timestamp", now}}));
        return;
    }
    if (target.isText) {
        bundle.files[now + "/" + std::string{target.file}] = answer->body;
        return;
    }
    const auto body = Json::parse(answer->body);
    if (!body) return;
    auto item = Json::object({{"timestamp", now}});
    item.set("answer", (*body)["data"].isNull() ? *body : (*body)["data"]);
    bundle.answers[std::string{target.file}].append(std::move(item));
}

bool isAsked(const std::vector<std::string>& chosen, const Target& target)
{
    return chosen.empty() || std::ranges::find(chosen, target.name) != chosen.end();
}

core::Error failure(const std::string& what, const std::string& why)
{
    return {core::ErrorCode::Io, what + ": " + why};
}

core::Result<> writeFolder(const fs::path& folder, const Files& files)
{
    for (const auto& [name, contents] : files) {
        std::error_code failed;
        fs::create_directories((folder / name).parent_path(), failed);
        if (failed) return failure(folder.string(), failed.message());
        std::ofstream out{folder / name, std::ios::binary};
        out << contents;
        if (!out.flush()) return failure((folder / name).string(), "it cannot be written");
    }
    return {};
}

core::Result<> writeArchive(const std::string& path, const std::string& folder, const Files& files)
{
    struct Free {
        void operator()(::archive* each) const { ::archive_write_free(each); }
        void operator()(::archive_entry* each) const { ::archive_entry_free(each); }
    };
    const std::unique_ptr<::archive, Free> out{::archive_write_new()};
    ::archive_write_add_filter_gzip(out.get());
    ::archive_write_set_format_pax_restricted(out.get());
    const auto error = [&] { return failure(path, ::archive_error_string(out.get())); };
    if (::archive_write_open_filename(out.get(), path.c_str()) != ARCHIVE_OK) return error();
    for (const auto& [name, contents] : files) {
        const std::unique_ptr<::archive_entry, Free> entry{::archive_entry_new()};
        ::archive_entry_set_pathname(entry.get(), (folder + "/" + name).c_str());
        ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(contents.size()));
        ::archive_entry_set_filetype(entry.get(), AE_IFREG);
        ::archive_entry_set_perm(entry.get(), 0600);
        if (::archive_write_header(out.get(), entry.get()) != ARCHIVE_OK) return error();
        if (::archive_write_data(out.get(), contents.data(), contents.size()) != static_cast<la_ssize_t>(contents.size())) return error();
    }
    if (::archive_write_close(out.get()) != ARCHIVE_OK) return error();
    return {};
}

core::Result<seconds> timeOf(const Invocation& run, std::string_view flag, seconds fallback)
{
    if (!run.arguments().has(flag)) return fallback;
    auto text = run.arguments().duration(flag);
    if (!text) return text.error();
    const auto parsed = core::parseDuration(*text);
    if (!parsed) return parsed.error();
    return std::chrono::duration_cast<seconds>(*parsed);
}

void collect(Invocation& run, const std::vector<std::string>& chosen, seconds duration, seconds interval, Bundle& bundle)
{
    const auto end = std::chrono::steady_clock::now() + duration;
    for (bool isFirst = true;; isFirst = false) {
        for (const auto& target : kTargets) {
            if (isAsked(chosen, target) && (isFirst || target.isRepeated)) ask(run, target, bundle);
        }
        if (std::chrono::steady_clock::now() + interval > end) return;
        std::this_thread::sleep_for(interval);
    }
}

int debugCommand(Invocation& run)
{
    const auto duration = timeOf(run, "duration", seconds{120});
    const auto interval = timeOf(run, "interval", seconds{30});
    if (!duration) return run.failLocally(duration.error().detail);
    if (!interval) return run.failLocally(interval.error().detail);
    if (*interval < seconds{1} || *duration < seconds{0}) return run.failLocally("-interval must be at least one second, and -duration not negative");
    const auto chosen = run.arguments().all("target");
    for (const auto& name : chosen) {
        if (std::ranges::find(kTargets, name, &Target::name) == std::end(kTargets)) return run.failLocally("Unknown target: " + name);
    }
    const auto began = nowText();
    auto stamp = began.substr(0, 19);
    std::ranges::replace(stamp, ':', '-');
    const auto name = "vault-debug-" + stamp + "Z";
    const bool isCompressed = !run.arguments().has("compress") || run.arguments().isOn("compress");
    const auto path = run.arguments().text("output", isCompressed ? name + ".tar.gz" : name);
    std::error_code ignored;
    if (fs::exists(path, ignored)) return run.failLocally("Output already exists: " + path);
    Bundle bundle;
    if (auto status = run.client().readFlat("sys/seal-status"); !status) return run.fail("Unable to connect to the server", status.error());
    run.output().line("==> Collecting for " + std::to_string(duration->count()) + " s, every " + std::to_string(interval->count()) + " s");
    collect(run, chosen, *duration, *interval, bundle);
    for (auto& [file, answers] : bundle.answers) bundle.files[file] = answers.toIndented() + "\n";
    auto index = Json::object({{"version", 1}, {"vault_address", run.client().address()}, {"timestamp", began}, {"errors", bundle.errors}});
    index.set("duration_seconds", duration->count());
    index.set("interval_seconds", interval->count());
    bundle.files["index.json"] = index.toIndented() + "\n";
    const auto written = isCompressed ? writeArchive(path, name, bundle.files) : writeFolder(path, bundle.files);
    if (!written) return run.failLocally("Error writing the bundle: " + written.error().detail);
    if (const auto failed = bundle.errors.array().size(); failed > 0) {
        run.output().warning(std::to_string(failed) + " answers are missing; index.json says why.");
    }
    run.output().line("Success! Bundle written to: " + path);
    return kSuccess;
}

} // namespace

std::vector<Command> debugCommands()
{
    return {{"debug",
             "Collect what helps to find a fault of a server",
             "",
             R"(  Asks a server for its settings without secrets, host, metrics, replication, running
  requests, threads and memory, again and again, and writes the answers to one archive. It
  holds no secrets, but names of mounts and addresses.

      $ holdfast debug -duration=2m -interval=30s
      $ holdfast debug -target=metrics -target=pprof -output=bundle.tar.gz)",
             {{"duration", FlagKind::Text, "How long to collect (default: 2m)."},
              {"interval", FlagKind::Text, "Time between two rounds (default: 30s)."},
              {"output", FlagKind::Text, "The file, or with -compress=false the folder."},
              {"compress", FlagKind::Switch, "Write one archive (default: true)."},
              {"target", FlagKind::Repeated, "Only this: config, host, metrics, pprof, replication-status, requests or server-status."}},
             0,
             0,
             debugCommand}};
}

} // namespace cli
