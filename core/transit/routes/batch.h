#pragma once

#include "core/mount/response.h"
#include "core/route/route.h"
#include "core/transit/key/key_type.h"

#include <boost/json/array.hpp>

#include <optional>
#include <string>
#include <vector>

namespace core::transit {

/// The most elements of a batch, and of one that uses the private half of an RSA key, where each element costs milliseconds.
inline constexpr std::size_t kBatchItemsMax = 10'000;
inline constexpr std::size_t kRsaBatchItemsMax = 1'000;

/// One element of `batch_input`, or a request without a batch: its fields as they came, and what became of them.
struct BatchItem {
    const boost::json::object* fields = nullptr; // lives as long as the request
    std::string error;                           // empty: it went well
    bool isServerFault = false;
    boost::json::object result;

    /// Empty if it is not there. The texts were checked when the batch was read.
    std::string_view text(std::string_view name) const;
    bool has(std::string_view name) const { return fields->contains(name); }
    void fail(std::string text) { error = std::move(text); }
    void fail(const Error& fault);
};

struct Batch {
    std::vector<BatchItem> items;
    bool isBatch = false;
    boost::json::object single; // the fields of a request without a batch, after the weak conversions
};

/// How many elements `batch_input` has; 0 without one.
std::size_t batchItemCount(const boost::json::object& data);

/// What a batch must look like.
struct BatchForm {
    std::vector<std::string_view> texts;   // names of fields; each must be a text, or null
    std::string_view integer = {};         // the one field that is a number
    std::string_view required = {};        // an element without this field is refused with the whole batch
    std::string_view requiredRefusal = {}; // "missing plaintext to encrypt"
};

/// Reads `batch_input`, or the fields of the request as the only item. Returns the refusal of the whole call.
std::optional<mount::Response> readBatch(route::Call& call, const BatchForm& form, Batch& batch);
std::optional<mount::Response> refuseLongBatch(const Batch& batch, const KeyTypeTraits& type);

/// True if some items have a context and some have none, which is refused for the whole batch.
bool mixesContexts(const Batch& batch);

/// `batch_results`, with the reference of each item; `onFailure` is added to the failed ones.
boost::json::array batchResults(Batch& batch, const boost::json::object& onFailure);
/// The status of a batch with failures: 400 or 500, or what the caller asked for if an item went well.
void setBatchStatus(route::Call& call, const Batch& batch, mount::Response& response);

} // namespace core::transit
