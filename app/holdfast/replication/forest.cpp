#include "app/holdfast/commands/command.h"

#include <chrono>
#include <thread>

namespace cli {
namespace {

constexpr std::chrono::milliseconds kPollInterval{500};
constexpr std::string_view kDrFolder = "sys/replication/dr/secondary/";
constexpr std::string_view kFolder = "sys/replication/";

/// How these commands call a cluster: with a token, or a DR secondary with a DR operation token.
struct Target {
    std::string drToken;

    std::string path(std::string_view name) const { return std::string{drToken.empty() ? kFolder : kDrFolder}.append(name); }
    Json body() const { return drToken.empty() ? Json::object() : Json::object({{"dr_operation_token", drToken}}); }
};

Target targetOf(Invocation& run)
{
    return {run.arguments().text("dr-token")};
}

core::Result<Json> answerOf(core::Result<std::optional<Secret>> secret)
{
    if (!secret) return std::move(secret).error();
    return *secret ? Json{(*secret)->data()} : Json::object();
}

core::Result<Json> scrubStatus(Invocation& run, const Target& target)
{
    return answerOf(target.drToken.empty() ? run.client().read(target.path("scrub"))
                                           : run.client().write(target.path("scrub/status"), target.body()));
}

std::string progressText(const Json& status)
{
    const auto done = status["keys_done"].integer();
    const auto total = status["keys_total"].integer();
    std::string text = std::to_string(done) + " of " + std::to_string(total) + " keys";
    if (total > 0) text += " (" + std::to_string(done * 100 / total) + " %)";
    text += ", " + status["keys_per_second"].plainNumber() + " keys/s";
    if (!status["seconds_left"].isNull()) text += ", " + shownDuration(status["seconds_left"]) + " left";
    return text;
}

void showReport(Invocation& run, const Json& last)
{
    const Json& report = last["report"];
    Json shown = Json::object({{"Outcome", last["outcome"]},
                               {"Finished", last["finished_at"]},
                               {"Duration (ms)", last["duration_ms"]},
                               {"Keys compared", report["keys"]},
                               {"Index differences", report["index_differences"]},
                               {"Damaged values", report["damaged_values"]},
                               {"Lost values", report["lost_values"]},
                               {"Unsound pages", report["unsound_pages"]},
                               {"Repaired", report["repaired"]}});
    run.output().keyValues(shown);
    if (report["leaves"].isEmpty()) return;
    std::vector<Row> rows{{"Class", "Tree", "Key hash", "Found", "Repaired"}};
    for (const auto& leaf : report["leaves"].array()) {
        rows.push_back(
            {leaf["class"].text(), leaf["tree"].text(), leaf["key_hash"].text(), leaf["found"].text(), leaf["repaired"].isTrue() ? "yes" : "no"});
    }
    run.output().line();
    run.output().table(rows);
}

/// The exit code says whether something was found that could not be repaired.
int codeOf(const Json& last)
{
    const Json& report = last["report"];
    const auto found = report["index_differences"].integer() + report["damaged_values"].integer() + report["lost_values"].integer();
    return last["outcome"].text() == "done" && found <= report["repaired"].integer() ? kSuccess : kApiError;
}

int showStatus(Invocation& run, const Json& status)
{
    if (!run.output().isTable()) {
        run.output().data(status);
    } else if (status["in_progress"].isTrue()) {
        run.output().line("Scrubbing: " + progressText(status));
    } else if (status["last"].isNull()) {
        run.output().line("No scrub ran since this server was unsealed.");
    } else {
        showReport(run, status["last"]);
    }
    return kSuccess;
}

int follow(Invocation& run, const Target& target)
{
    std::string shown;
    for (;;) {
        const auto status = scrubStatus(run, target);
        if (!status) return run.fail("Error reading the progress of the scrub", status.error());
        if (!(*status)["in_progress"].isTrue()) {
            showStatus(run, *status);
            return codeOf((*status)["last"]);
        }
        if (const auto text = progressText(*status); run.output().isTable() && text != shown) run.output().line(shown = text);
        std::this_thread::sleep_for(kPollInterval);
    }
}

int scrubCommand(Invocation& run)
{
    const auto target = targetOf(run);
    const auto rate = run.arguments().number("keys-per-second", 0);
    if (!rate) return run.failLocally(rate.error().detail);
    Json body = target.body();
    body.set("keys_per_second", *rate);
    body.set("verify_values", !run.arguments().isOn("tags-only"));
    body.set("repair", !run.arguments().isOn("report-only"));
    const auto started = run.client().write(target.path("scrub"), body);
    if (!started) return run.fail("Error starting the scrub", started.error());
    if (run.arguments().isOn("no-wait")) {
        run.output().success("The scrub runs. `holdfast replication scrub status` shows its progress.");
        return kSuccess;
    }
    return follow(run, target);
}

int scrubStatusCommand(Invocation& run)
{
    const auto status = scrubStatus(run, targetOf(run));
    if (!status) return run.fail("Error reading the progress of the scrub", status.error());
    return showStatus(run, *status);
}

int scrubCancelCommand(Invocation& run)
{
    const auto target = targetOf(run);
    const auto cancelled =
        target.drToken.empty() ? run.client().remove(target.path("scrub")) : run.client().write(target.path("scrub/cancel"), target.body());
    if (!cancelled) return run.fail("Error cancelling the scrub", cancelled.error());
    run.output().success("The scrub ends after the keys that it is reading.");
    return kSuccess;
}

int checkCommand(Invocation& run)
{
    const auto target = targetOf(run);
    const auto answer = answerOf(run.client().write(target.path("merkle-check"), target.body()));
    if (!answer) return run.fail("Error checking the index", answer.error());
    const Json& report = (*answer)["merkle_corruption_report"];
    bool isClean = true;
    std::vector<Row> rows{{"Tree", "Type", "Root", "Corrupted pages"}};
    for (const auto& [number, tree] : report["corrupted_tree_map"].members()) {
        std::string pages;
        for (const auto& [page, tuples] : tree["corrupted_index_tuples_map"].members()) {
            isClean = false;
            for (const auto& subpage : tuples["subpages"].array()) pages += (pages.empty() ? "" : " ") + page + "/" + subpage.text();
            if (tuples["corrupted"].isTrue()) pages += (pages.empty() ? "" : " ") + page;
        }
        rows.push_back({number, tree["tree_type"].text(), tree["root_hash"].text(), pages.empty() ? "none" : pages});
    }
    if (run.output().isTable()) run.output().table(rows);
    else run.output().data(*answer);
    return isClean ? kSuccess : kApiError;
}

const Json* reindexOf(const Json& status)
{
    for (const char* type : {"dr", "performance"}) {
        if (status[type]["reindex_in_progress"].isTrue()) return &status[type];
    }
    return nullptr;
}

int reindexCommand(Invocation& run)
{
    const auto target = targetOf(run);
    Json body = target.body();
    body.set("diff", run.arguments().isOn("diff"));
    body.set("force", run.arguments().isOn("force"));
    body.set("skip_flush", run.arguments().isOn("skip-flush"));
    const auto type = run.arguments().text("type");
    const auto path = target.drToken.empty() && !type.empty() ? std::string{kFolder} + type + "/reindex" : target.path("reindex");
    const auto started = run.client().write(path, body);
    if (!started) return run.fail("Error starting the reindex", started.error());
    if (run.output().isTable() && *started) run.output().warnings(**started);
    if (run.arguments().isOn("no-wait")) {
        run.output().success("The reindex runs; reindex_building_progress in sys/replication/status shows how far it is.");
        return kSuccess;
    }
    std::string shown;
    for (;;) {
        const auto status = answerOf(run.client().read("sys/replication/status"));
        if (!status) return run.fail("Error reading the replication status", status.error());
        const Json* running = reindexOf(*status);
        if (running == nullptr) break;
        const auto text = (*running)["reindex_stage"].text() + ": " + (*running)["reindex_building_progress"].text() + " of " +
                          (*running)["reindex_building_total"].text() + " keys";
        if (run.output().isTable() && text != shown) run.output().line(shown = text);
        std::this_thread::sleep_for(kPollInterval);
    }
    run.output().success("The reindex has ended; `holdfast replication check` compares the index with the storage.");
    return kSuccess;
}

const Flag kDrToken{"dr-token", FlagKind::Text, "DR operation token, on a DR secondary."};

} // namespace

std::vector<Command> replicationForestCommands()
{
    return {
        {"replication scrub",
         "Read all stored data and repair the replication index",
         "",
         R"(  Reads every key at low priority while the cluster serves requests. Checks that each
  value can be decrypted, compares it with the replication index, and repairs the index
  page by page. A secondary fetches damaged values from its primary. A primary reports
  them. The command shows the progress. It exits with 2 if something is still damaged.

      $ holdfast replication scrub
      $ holdfast replication scrub -keys-per-second=50000 -no-wait
      $ holdfast replication scrub -dr-token=hvb.example)",
         {{"keys-per-second", FlagKind::Number, "Read at most this many keys per second. 0 (default): as many as idle time allows."},
          {"report-only", FlagKind::Switch, "Repair nothing."},
          {"tags-only", FlagKind::Switch, "Compare the seals of the values without decrypting them. Quicker."},
          {"no-wait", FlagKind::Switch, "Start only."},
          kDrToken},
         0,
         0,
         scrubCommand},
        {"replication scrub status",
         "Show the progress of the scrub, or the result of the last one",
         "",
         R"(  Shows keys per second and the time left of a running scrub. If none runs, shows the
  result of the last one.

      $ holdfast replication scrub status
      $ holdfast replication scrub status -format=json)",
         {kDrToken},
         0,
         0,
         scrubStatusCommand},
        {"replication scrub cancel",
         "Cancel the scrub",
         "",
         R"(  Ends the running scrub. Its repairs stay.

      $ holdfast replication scrub cancel)",
         {kDrToken},
         0,
         0,
         scrubCancelCommand},
        {"replication check",
         "Compare the replication index with the storage",
         "",
         R"(  Compares the replication index with the stored data and shows the pages that differ.
  Changes nothing. Exits with 2 if a page differs.

      $ holdfast replication check
      $ holdfast replication check -dr-token=hvb.example -format=json)",
         {kDrToken},
         0,
         0,
         checkCommand},
        {"replication reindex",
         "Make the replication index agree with the storage",
         "",
         R"(  Compares the index with all stored data and repairs the index. The cluster continues
  serving requests. After a restart the reindex starts over.

      $ holdfast replication reindex
      $ holdfast replication reindex -type=performance -diff
      $ holdfast replication reindex -force -dr-token=hvb.example)",
         {{"type", FlagKind::ReplicationType, "Which index: \"performance\", or \"dr\", which covers both."},
          {"diff", FlagKind::Switch, "Compare key by key instead of page by page. Slower."},
          {"force", FlagKind::Switch, "Follow the storage even where values are damaged or lost."},
          {"skip-flush", FlagKind::Switch, "Do not write the index to disk at the end."},
          {"no-wait", FlagKind::Switch, "Start only."},
          kDrToken},
         0,
         0,
         reindexCommand},
    };
}

} // namespace cli
