#include "core/replication/proofs/epoch_watch.h"

#include "core/base/logging.h"

namespace core::replication {

EpochWatch::StatementAge EpochWatch::observe(std::string_view encoded, Epoch epoch, const LocalInfo& local)
{
    // A signature check costs about 100 µs, and the other end repeats its statement. A hostile one could repeat it in each frame.
    if (encoded == m_last.encoded && epoch == m_last.epoch && local.statement == m_last.own && !m_last.own.empty()) return m_last.verdict;
    const StatementAge verdict = judge(encoded, epoch, local);
    m_last = {std::string{encoded}, local.statement, epoch, verdict};
    return verdict;
}

EpochWatch::StatementAge EpochWatch::judge(std::string_view encoded, Epoch epoch, const LocalInfo& local)
{
    // The order of the checks: what is known costs nothing, a bare epoch proves nothing, and only a genuine statement can be later.
    if (encoded == local.statement && epoch == local.epoch) return StatementAge::Known;
    if (encoded.empty()) {
        if (epoch > local.epoch) {
            logging::error("replication", "a peer claims a later epoch without a statement of it",
                           {{"type", std::string{toString(m_type)}}, {"epoch", core::toString(epoch)}});
            return StatementAge::Unproven;
        }
        return epoch < local.epoch ? StatementAge::Earlier : StatementAge::Known;
    }
    auto shown = local.verifier ? local.verifier->verify(encoded, m_type, local.setId)
                                : Result<EpochStatement>{Error{ErrorCode::FailedPrecondition, "no key to verify it by"}};
    if (!shown) {
        logging::error("replication", "a peer shows an epoch statement that is not genuine",
                       {{"type", std::string{toString(m_type)}}, {"epoch", core::toString(epoch)}, {"error", toString(shown.error())}});
        return StatementAge::Unproven;
    }
    const auto own = EpochStatement::parse(local.statement);
    const bool isLater = own ? shown->isLaterThan(*own) : shown->epoch >= local.epoch;
    if (isLater) {
        m_later = std::move(*shown);
        m_laterEncoded = encoded;
        return StatementAge::Later;
    }
    return own && shown->isSameAs(*own) ? StatementAge::Known : StatementAge::Earlier;
}

} // namespace core::replication
