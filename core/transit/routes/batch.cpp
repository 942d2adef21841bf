#include "core/transit/routes/batch.h"

#include "core/transit/routes/routes.h"

#include <algorithm>

namespace core::transit {
namespace {

namespace json = boost::json;

constexpr std::string_view kBatchInput = "batch_input";

std::optional<Response> notParsed(std::string_view reason)
{
    return serverError("failed to parse batch input: " + std::string{reason});
}

/// What is wrong with a field of an element, or nothing.
std::string faultOf(const json::object& element, const BatchForm& form)
{
    for (const auto name : form.texts) {
        const auto* value = element.if_contains(name);
        if (value && !value->is_string() && !value->is_null()) return "." + std::string{name} + "' expected type 'string'";
    }
    if (form.integer.empty()) return {};
    const auto* value = element.if_contains(form.integer);
    if (value && !value->is_int64() && !value->is_null()) return "." + std::string{form.integer} + "' expected type 'int'";
    return {};
}

std::optional<Response> readElements(const json::value& given, const BatchForm& form, Batch& batch)
{
    const auto* array = given.if_array();
    if (!array) return notParsed("batch_input: source data must be an array or slice");
    if (array->empty()) return Response::badRequest("missing batch input to process");
    if (array->size() > kBatchItemsMax) {
        return Response::badRequest("the batch has " + std::to_string(array->size()) + " elements; at most " + std::to_string(kBatchItemsMax) +
                                    " are allowed");
    }
    batch.items.reserve(array->size());
    for (const auto& element : *array) {
        const auto place = "'[" + std::to_string(batch.items.size()) + "]";
        const auto* object = element.if_object();
        if (!object) return notParsed(place + "' expected a map");
        if (!form.required.empty() && !object->contains(form.required)) {
            return notParsed(place + "." + std::string{form.required} + "' " + std::string{form.requiredRefusal});
        }
        if (const auto fault = faultOf(*object, form); !fault.empty()) return notParsed(place + fault);
        batch.items.emplace_back().fields = object;
    }
    return std::nullopt;
}

std::optional<Response> readSingle(route::Call& call, const BatchForm& form, Batch& batch)
{
    for (const auto name : form.texts) {
        if (auto text = call.fields.text(name)) batch.single.emplace(name, std::move(*text));
    }
    if (!form.integer.empty()) {
        if (const auto number = call.fields.integer(form.integer)) batch.single.emplace(form.integer, *number);
    }
    if (call.fields.refusal()) return call.fields.refusal();
    if (!form.required.empty() && !batch.single.contains(form.required)) return Response::badRequest(std::string{form.requiredRefusal});
    batch.items.emplace_back().fields = &batch.single;
    return std::nullopt;
}

} // namespace

std::string_view BatchItem::text(std::string_view name) const
{
    const auto* value = fields->if_contains(name);
    return value && value->is_string() ? std::string_view{value->get_string()} : std::string_view{};
}

void BatchItem::fail(const Error& fault)
{
    error = fault.detail;
    isServerFault = fault.code != ErrorCode::InvalidArgument;
}

std::size_t batchItemCount(const json::object& data)
{
    const auto* given = data.if_contains(kBatchInput);
    return given && given->is_array() ? given->get_array().size() : 0;
}

std::optional<Response> readBatch(route::Call& call, const BatchForm& form, Batch& batch)
{
    const auto* given = call.request.data.if_contains(kBatchInput);
    batch.isBatch = given && !given->is_null();
    return batch.isBatch ? readElements(*given, form, batch) : readSingle(call, form, batch);
}

std::optional<Response> refuseLongBatch(const Batch& batch, const KeyTypeTraits& type)
{
    if (!type.isRsa() || batch.items.size() <= kRsaBatchItemsMax) return std::nullopt;
    return Response::badRequest("the batch has " + std::to_string(batch.items.size()) + " elements; with a key of type " + std::string{type.name} +
                                " at most " + std::to_string(kRsaBatchItemsMax) + " are allowed");
}

bool mixesContexts(const Batch& batch)
{
    const bool isSet = !batch.items.front().text("context").empty();
    return std::ranges::any_of(batch.items, [&](const BatchItem& item) { return item.text("context").empty() == isSet; });
}

json::array batchResults(Batch& batch, const json::object& onFailure)
{
    json::array results;
    results.reserve(batch.items.size());
    for (auto& item : batch.items) {
        auto result = item.error.empty() ? std::move(item.result) : onFailure;
        if (!item.error.empty()) result.emplace("error", item.error);
        result.emplace("reference", item.text("reference"));
        results.emplace_back(std::move(result));
    }
    return results;
}

void setBatchStatus(route::Call& call, const Batch& batch, Response& response)
{
    const auto failed = [](const BatchItem& item) { return !item.error.empty(); };
    if (std::ranges::none_of(batch.items, failed)) return;
    const bool isCallersFault = std::ranges::any_of(batch.items, [&](const BatchItem& item) { return failed(item) && !item.isServerFault; });
    response.status = isCallersFault ? 400 : 500;
    const auto asked = call.fields.integer("partial_failure_response_code");
    if (!asked || std::ranges::all_of(batch.items, failed)) return;
    if (*asked >= 200 && *asked <= 599) {
        response.status = static_cast<int>(*asked);
        return;
    }
    response.warnings.push_back("invalid HTTP response code override from partial_failure_response_code, reverting to " +
                                std::to_string(response.status));
}

} // namespace core::transit
