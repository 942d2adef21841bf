#include "core/server/process/metrics.h"

#include <boost/json/array.hpp>

#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <functional>

namespace core::server {
namespace {

namespace json = boost::json;
using Kind = Measure::Kind;

std::string withoutDots(std::string name)
{
    std::ranges::replace(name, '.', '_');
    return name;
}

/// "auth/userpass/" as "auth_userpass_": a part of a metric's name, which must have no other characters.
std::string nameOfMount(std::string_view path)
{
    std::string out{path};
    for (char& c : out) {
        const bool isPlain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!isPlain) c = '_';
    }
    return out;
}

const char* typeOf(Kind kind)
{
    if (kind == Kind::Summary) return " summary";
    return kind == Kind::Counter ? " counter" : " gauge";
}

std::string labelText(const Measure& measure)
{
    std::string out;
    for (const auto& [name, value] : measure.labels) {
        out.append(out.empty() ? "{" : ",").append(name).append("=\"");
        for (const char c : value) {
            if (c == '"' || c == '\\') out.push_back('\\');
            out.push_back(c);
        }
        out.push_back('"');
    }
    return out.empty() ? out : out + "}";
}

Measure summaryOf(std::string name, const Meter::Sum& sum, std::vector<std::pair<std::string, std::string>> labels = {})
{
    return {std::move(name), std::chrono::duration<double, std::milli>(sum.time).count(), Kind::Summary, std::move(labels), sum.count};
}

void addLine(std::string& out, std::string_view name, const Measure& measure, double value)
{
    char text[64];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    out.append(name).append(labelText(measure)).append(" ").append(text, end).append("\n");
}

double secondsOf(std::chrono::milliseconds time)
{
    return std::chrono::duration<double>(time).count();
}

double unixSecondsOf(WallTime time)
{
    return time == WallTime{} ? 0.0 : static_cast<double>(toUnixSeconds(time));
}

} // namespace

std::vector<Measure> storeMeasures(const log::Store& store, bool isSealed)
{
    const auto statistics = store.statistics();
    std::vector<Measure> out;
    const auto add = [&out](const char* name, auto value, Kind kind = Kind::Gauge) { out.push_back({name, static_cast<double>(value), kind}); };
    add("vault.core.active", isSealed ? 0 : 1);
    add("vault.core.unsealed", isSealed ? 0 : 1);
    add("vault.core.performance_standby", 0);
    add("vault.replication.wal.last_wal", store.appliedIndex().value());
    add("vault.replication.wal.last_performance_wal", store.lastSharedIndex().value());
    add("vault.replication.wal.last_dr_wal", store.lastReplicatedIndex().value());
    add("vault.replication.merkle.commit_index", store.appliedIndex().value()); // the forest has the same index as the log
    add("vault.wal.flushReady.queue_len", statistics.queuedCount);
    add("vault.wal.loadWAL.count", statistics.tailMisses, Kind::Counter); // records that a link needed and only the segments had
    // A group of the log is written at once; its time is that of the sync.
    out.push_back(summaryOf("vault.wal.persistWALs", {statistics.groupCount, statistics.syncTime}));
    add("vault.logshipper.buffer.length", statistics.tailCount);
    add("vault.logshipper.buffer.size", statistics.tailBytes);
    add("vault.logshipper.buffer.max_length", statistics.tailCountMax);
    add("vault.logshipper.buffer.max_size", statistics.tailBytesMax);
    add("holdfast.logshipper.buffer.hits", statistics.tailHits, Kind::Counter);
    add("holdfast.logshipper.buffer.misses", statistics.tailMisses, Kind::Counter);
    add("holdfast.store.commits", statistics.commitCount, Kind::Counter);
    add("holdfast.log.bytes", statistics.logBytes);
    add("holdfast.log.segments", statistics.segmentCount);
    add("holdfast.forest.leaves", statistics.leafCount);
    add("holdfast.forest.bytes", statistics.forestBytes);
    return out;
}

std::vector<Measure> snapshotMeasures(const snapshot::AutoSnapshots& snapshots)
{
    using Known = snapshot::AutoSnapshots::Known;
    const auto known = snapshots.known();
    std::vector<Measure> out;
    const auto add = [&](const char* name, const std::function<double(const Known&)>& valueOf, Kind kind = Kind::Gauge) {
        for (const auto& each : known) out.push_back({name, valueOf(each), kind, {{"snapshot_config_name", each.name}}});
    };
    add("vault.autosnapshots.total.snapshot.size", [](const Known& each) { return static_cast<double>(each.status.storedBytes); });
    for (const auto& each : known) {
        if (each.localMaxSpace == 0) continue;
        out.push_back({"vault.autosnapshots.percent.maxspace.used",
                       100.0 * static_cast<double>(each.status.storedBytes) / static_cast<double>(each.localMaxSpace),
                       Kind::Gauge,
                       {{"snapshot_config_name", each.name}}});
    }
    add(
        "vault.autosnapshots.save.errors", [](const Known& each) { return static_cast<double>(each.status.errorCount); }, Kind::Counter);
    add("vault.autosnapshots.save.duration", [](const Known& each) { return secondsOf(each.status.saveDuration); });
    add("vault.autosnapshots.last.success.time", [](const Known& each) { return unixSecondsOf(each.status.snapshotStart); });
    add("vault.autosnapshots.snapshot.size", [](const Known& each) { return static_cast<double>(each.status.snapshotBytes); });
    add("vault.autosnapshots.rotate.duration", [](const Known& each) { return secondsOf(each.status.rotateDuration); });
    add("vault.autosnapshots.snapshots.in.storage", [](const Known& each) { return static_cast<double>(each.status.storedCount); });
    add(
        "holdfast.autosnapshots.missed.runs", [](const Known& each) { return static_cast<double>(each.status.missedRuns); }, Kind::Counter);
    add("holdfast.autosnapshots.interval.seconds", [](const Known& each) { return static_cast<double>(each.interval.count()); });
    add("holdfast.autosnapshots.last.proven.time", [](const Known& each) { return unixSecondsOf(each.status.provenAt); });
    return out;
}

std::vector<Measure> requestMeasures(const request::Meters& meters, const audit::Broker& audit)
{
    std::vector<Measure> out;
    out.push_back(summaryOf("vault.core.handle_request", meters.requests.sum()));
    out.push_back(summaryOf("vault.core.handle_login_request", meters.logins.sum()));
    out.push_back(summaryOf("vault.token.lookup", meters.tokenLookups.sum()));
    out.push_back(summaryOf("vault.policy.get_policy", meters.policyLoads.sum()));
    for (const bool isAnswer : {false, true}) {
        const std::string name = isAnswer ? "vault.audit.log_response" : "vault.audit.log_request";
        const auto& written = audit.written(isAnswer);
        out.push_back(summaryOf(name, written.entries.sum()));
        out.push_back({name + "_failure", static_cast<double>(written.failures.load(std::memory_order_relaxed)), Kind::Counter});
    }
    for (const auto& [kind, count] : meters.tokens()) {
        out.push_back({"vault.token.creation",
                       static_cast<double>(count),
                       Kind::Counter,
                       {{"auth_method", kind.method}, {"creation_ttl", kind.ttl}, {"mount_point", kind.mountPath}, {"token_type", kind.tokenType}}});
    }
    meters.visitRoutes([&out](const std::string& mountPath, policy::Operation operation, const Meter::Sum& sum) {
        out.push_back(summaryOf("vault.route." + std::string{toString(operation)} + "." + nameOfMount(mountPath), sum));
    });
    return out;
}

std::vector<Measure> processMeasures()
{
    const auto heap = ::mallinfo2();
    std::vector<Measure> out;
    out.push_back({"vault.runtime.alloc_bytes", static_cast<double>(heap.uordblks + heap.hblkhd), Kind::Gauge});
    out.push_back({"vault.runtime.sys_bytes", static_cast<double>(heap.arena + heap.hblkhd), Kind::Gauge});
    std::error_code failed;
    std::size_t threads = 0;
    for (std::filesystem::directory_iterator each{"/proc/self/task", failed}, end; !failed && each != end; each.increment(failed)) ++threads;
    if (!failed) out.push_back({"vault.runtime.num_goroutines", static_cast<double>(threads), Kind::Gauge});
    return out;
}

std::string prometheusText(const std::vector<Measure>& measures)
{
    std::vector<std::pair<std::string, const Measure*>> sorted;
    for (const auto& measure : measures) sorted.emplace_back(withoutDots(measure.name), &measure);
    std::ranges::stable_sort(sorted, {}, &std::pair<std::string, const Measure*>::first);
    std::string out;
    const std::string* previous = nullptr;
    for (const auto& [name, measure] : sorted) {
        if (!previous || *previous != name) {
            out.append("# HELP ").append(name).append(" ").append(helpOf(name)).append("\n");
            out.append("# TYPE ").append(name).append(typeOf(measure->kind)).append("\n");
        }
        previous = &name;
        const bool isSummary = measure->kind == Kind::Summary;
        addLine(out, isSummary ? name + "_sum" : name, *measure, measure->value);
        if (isSummary) addLine(out, name + "_count", *measure, static_cast<double>(measure->count));
    }
    return out;
}

namespace {

/// Writes whole numbers without an exponent, because not every reader accepts 1E0.
json::value numberOf(double value)
{
    const bool isWhole = std::floor(value) == value && std::abs(value) < 9e15;
    return isWhole ? json::value(static_cast<std::int64_t>(value)) : json::value(value);
}

} // namespace

json::object metricsJson(const std::vector<Measure>& measures, WallTime now)
{
    json::array gauges, counters, samples;
    for (const auto& measure : measures) {
        json::object labels;
        for (const auto& [name, value] : measure.labels) labels[name] = value;
        json::object item{{"Name", measure.name}, {"Labels", std::move(labels)}};
        if (measure.kind == Kind::Summary) {
            item["Count"] = measure.count;
            item["Sum"] = numberOf(measure.value);
            item["Mean"] = numberOf(measure.count == 0 ? 0 : measure.value / static_cast<double>(measure.count));
            samples.push_back(std::move(item));
        } else if (measure.kind == Kind::Counter) {
            item["Count"] = numberOf(measure.value);
            item["Sum"] = numberOf(measure.value);
            counters.push_back(std::move(item));
        } else {
            item["Value"] = numberOf(measure.value);
            gauges.push_back(std::move(item));
        }
    }
    return {{"Timestamp", toRfc3339(now)},
            {"Gauges", std::move(gauges)},
            {"Counters", std::move(counters)},
            {"Points", json::array{}},
            {"Samples", std::move(samples)}};
}

} // namespace core::server
