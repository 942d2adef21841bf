#include "app/holdfast/commands/command.h"

#include <chrono>
#include <thread>

namespace cli {
namespace {

const std::string kPath = "sys/replication/dr/secondary/drill";
constexpr std::chrono::milliseconds kPause{200};

int show(Invocation& run, const Secret& secret)
{
    if (!run.output().isTable()) return run.show(secret);
    Json rest = secret.data();
    std::vector<Row> rows{{"Step", "Result", "Duration"}};
    for (const auto& step : rest["steps"].array()) {
        rows.push_back({step["name"].text(), step["ok"].isTrue() ? "ok" : "failed", step["duration_ms"].text() + " ms"});
    }
    if (rows.size() > 1) {
        run.output().table(rows);
        run.output().line();
    }
    rest.erase("steps");
    run.output().facts(rest);
    return kSuccess;
}

int drillCommand(Invocation& run)
{
    const bool startsOne = !run.arguments().isOn("status");
    std::string id;
    if (startsOne) {
        const auto token = run.arguments().text("dr-token");
        if (token.empty()) return run.failLocally("A drill needs a DR operation token: -dr-token=…");
        const auto begun = run.client().write(kPath, Json::object({{"dr_operation_token", token}}));
        if (!begun) return run.fail("Error starting the drill", begun.error());
        if (*begun) id = (*begun)->data()["id"].text();
    }
    for (;;) {
        const auto secret = run.client().read(kPath);
        if (!secret) return run.fail("Error reading the drill", secret.error());
        if (!*secret) {
            run.output().error("There was no drill on this cluster yet.");
            if (!run.output().isTable()) run.output().data(Json::object());
            return kApiError;
        }
        const auto& data = (*secret)->data();
        const bool isRunning = data["state"].text() == "running";
        if (startsOne && data["id"].text() != id) return run.failLocally("Another drill has started since. Use -status to see it.");
        if (!startsOne || !isRunning) {
            const int shown = show(run, **secret);
            return shown != kSuccess ? shown : data["state"].text() == "failed" ? kApiError : kSuccess;
        }
        std::this_thread::sleep_for(kPause);
    }
}

} // namespace

std::vector<Command> drillCommands()
{
    return {
        {"replication drill",
         "Rehearse the failover to a DR secondary",
         "",
         R"(  Rehearses a failover. The DR secondary copies its data into a second server inside
  its own process, promotes that copy, reads from it and removes it. The cluster itself
  does not change, and the copy connects to nothing. The cluster stores the result and
  the time of each step.

  The exit code is 0 if the drill succeeded and 2 if it failed.

      $ holdfast replication drill -dr-token=hvs.example
      $ holdfast replication drill -status -format=json)",
         {{"dr-token", FlagKind::Text, "DR operation token. Needed to start a drill."},
          {"status", FlagKind::Switch, "Show the running drill or the last one. Starts none."}},
         0,
         0,
         drillCommand},
    };
}

} // namespace cli
