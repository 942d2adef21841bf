#pragma once

#include "core/log/record.h"
#include "core/storage/engine.h"

#include <map>
#include <optional>

namespace core::log {

/// Staged rows wait here until they replace the present contents: `x/<id>/` ‖ physical key -> key hash ‖ leaf digest ‖ value as stored.
inline constexpr std::string_view kStagedPrefix = "x/";
/// The engine's row that says how far the last placement has come: index u64, phase u8.
inline constexpr std::string_view kPlacementKey = "m/placement";

/// True if a record places staged contents: it replaces the contents, and its first operation puts `x/<id>/` -> classes.
bool placesStaged(const RecordView& record);

/// The value of a staged row.
std::string stagedValue(const Operation& operation);

/// How far the engine has come with one placement. The index is that of the placement's record.
struct PlacementMark {
    enum class Phase : std::uint8_t { Begun = 1, Emptied = 2, Done = 3 };
    LogIndex index;
    Phase phase = Phase::Begun;

    /// Empty if there was no placement yet. Errors: Corrupt, Io.
    static Result<std::optional<PlacementMark>> read(const storage::Reader& engine);
};

/// Puts staged contents in the place of the present ones. It works in batches of about a megabyte, so that memory does not grow with the contents.
/// After a crash the engine holds a prefix of the batches that were applied to it. So if a mark is there, everything before the mark is there too. A
/// second attempt continues from the mark and from the staged rows that are left. Not thread-safe.
class Placement {
public:
    /// `record` places staged contents. It must outlive this object.
    Placement(storage::Engine& engine, const RecordView& record);

    /// The replaced classes, from "ls". `i/` is always replaced and not listed here.
    const std::string& classes() const { return m_classes; }
    const std::string& prefix() const { return m_prefix; }
    bool replaces(std::string_view key) const { return !key.empty() && (key[0] == 'i' || m_classes.find(key[0]) != std::string::npos); }
    /// Rows of the record itself. They are added to the staged rows, or replace a staged row of the same key.
    const std::map<std::string, OperationView, std::less<>>& overrides() const { return m_overrides; }

    /// After this the placement must be finished. Does nothing if it has begun already. Errors: those of the engine.
    Result<> begin();
    /// Errors: those of the engine. Call it again after the engine has recovered.
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
