#pragma once

#include "core/log/record.h"
#include "core/storage/engine.h"

#include <map>
#include <optional>

namespace core::log {

/// Where contents wait that are to replace those of now: `x/<id>/` ‖ physical key -> key hash ‖ leaf digest ‖ value as stored.
inline constexpr std::string_view kStagedPrefix = "x/";
/// Row of the engine that tells how far the last placement has come: index u64, phase u8.
inline constexpr std::string_view kPlacementKey = "m/placement";

/// Whether a record places staged contents: it replaces the contents, and its first operation puts `x/<id>/` -> classes.
bool placesStaged(const RecordView& record);

/// The value of a staged row.
std::string stagedValue(const Operation& operation);

/// How far the engine has come with the placement of an index.
struct PlacementMark {
    enum class Phase : std::uint8_t { Begun = 1, Emptied = 2, Done = 3 };
    LogIndex index;
    Phase phase = Phase::Begun;

    /// Errors: Corrupt, Io. Nothing: there was none yet.
    static Result<std::optional<PlacementMark>> read(const storage::Reader& engine);
};

/// Puts staged contents in place of those of now, in batches of about a megabyte, so that it takes no memory.
///
/// The engine keeps what was applied as a prefix of its batches. So a mark that is there says that all before it is there as well, and
/// whoever begins again goes on where the mark and the staged rows that are left say. Not thread-safe.
class Placement {
public:
    /// Of a record that places staged contents; it outlives this object.
    Placement(storage::Engine& engine, const RecordView& record);

    /// The classes that are replaced besides `i/`: of "ls".
    const std::string& classes() const { return m_classes; }
    const std::string& prefix() const { return m_prefix; }
    bool replaces(std::string_view key) const { return !key.empty() && (key[0] == 'i' || m_classes.find(key[0]) != std::string::npos); }
    /// What is in place of a staged row of the same key, or besides.
    const std::map<std::string, OperationView, std::less<>>& overrides() const { return m_overrides; }

    /// From here on it must be finished. Does nothing where it has begun already. Errors: those of the engine.
    Result<> begin();
    /// Errors: those of the engine; then again once it has recovered.
    Result<> finish();

private:
    Result<> empty();
    Result<> move();
    Result<> complete();
    void putMark(storage::Batch& batch, PlacementMark::Phase phase) const;

    storage::Engine& m_engine;
    const LogIndex m_index;
    std::string m_prefix, m_classes;
    std::map<std::string, OperationView, std::less<>> m_overrides;
};

/// Removes the staged rows below a prefix of kStagedPrefix, in batches. Errors: those of the engine.
Result<> eraseStaged(storage::Engine& engine, std::string_view prefix);

} // namespace core::log
