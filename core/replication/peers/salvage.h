#pragma once

#include "core/replication/peers/member_questions.h"

#include <boost/json/object.hpp>

namespace core::replication {

/// A member that can report what it holds after this cluster's place in the log, with its answer.
struct SalvageSource {
    Member member;
    wire::LogTailAnswer said;
};

/// Copies what performance secondaries hold and this DR secondary lacks, when their primary is lost (README.md, "Salvage").
class Salvage {
public:
    Salvage(const MemberServices& services, const MemberQuestions& questions) : m_services{services}, m_questions{questions} {}

    /// An operation of the API. Blocks until everything is copied. Thread-safe.
    mount::Response run();

private:
    mount::Response copyFrom(const std::vector<SalvageSource>& sources, Position position, boost::json::object data);
    /// The result for one source, or for all.
    struct TakenOver;
    /// Copies everything that the source holds after `position`. `position` moves with each transaction.
    Result<TakenOver> takeOver(const Member& source, Position& position);
    Result<std::size_t> applySalvaged(const std::string& records, bool isWhole, Position& position);

    const MemberServices& m_services;
    const MemberQuestions& m_questions;
};

} // namespace core::replication
