/*
 * jettag as a column of a ROOT RDataFrame, with one context for each slot, so that implicit multithreading is fine.
 *
 *     jettag::Model model("ensemble-gf.jtm");
 *     auto scored = jettag::define_score(frame, "score", model, {"part_px", "part_py", "part_pz", "part_energy"});
 *
 * Columns are lists of px, py, pz and E in GeV, of float or double, one of each per jet. The scores have the bits of
 * every other way to call jettag, on any number of threads.
 */
#ifndef JETTAG_RDATAFRAME_HPP
#define JETTAG_RDATAFRAME_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <ROOT/RDataFrame.hxx>
#include <ROOT/RVec.hxx>

#include <jettag/jettag.hpp>

namespace jettag
{

/* What DefineSlot calls. Copies share the contexts; two threads may call it with different slots. */
template <class Number> class SlotTagger
{
  public:
    /* A context for each of so many slots. */
    SlotTagger(const Model &model, unsigned int slots) : rooms_(std::make_shared<std::vector<Room>>())
    {
        rooms_->reserve(slots);
        for (unsigned int i = 0; i < slots; i++)
            rooms_->emplace_back(model);
    }

    /* NaN for a jet that cannot be scored. */
    float operator()(unsigned int slot, const ROOT::RVec<Number> &px, const ROOT::RVec<Number> &py,
                     const ROOT::RVec<Number> &pz, const ROOT::RVec<Number> &energy) const
    {
        if (py.size() != px.size() || pz.size() != px.size() || energy.size() != px.size())
            throw Error(JT_ERROR_ARGUMENT, "px, py, pz and E of a jet have different lengths");
        Room &room = rooms_->at(slot);
        room.particles.resize(px.size());
        for (std::size_t i = 0; i < px.size(); i++)
            room.particles[i] = Particle{static_cast<double>(px[i]), static_cast<double>(py[i]),
                                         static_cast<double>(pz[i]), static_cast<double>(energy[i])};
        return room.context.tag_jet(room.particles);
    }

  private:
    struct Particle {
        double x, y, z, t;
        double px() const
        {
            return x;
        }
        double py() const
        {
            return y;
        }
        double pz() const
        {
            return z;
        }
        double e() const
        {
            return t;
        }
    };
    struct Room {
        explicit Room(const Model &model) : context(model)
        {
        }
        Context context;
        std::vector<Particle> particles; /* kept from jet to jet */
    };
    std::shared_ptr<std::vector<Room>> rooms_;
};

/* The frame with a column of scores more. Call it after ROOT::EnableImplicitMT, which says how many slots there are. */
inline ROOT::RDF::RNode define_score(ROOT::RDF::RNode frame, const std::string &name, const Model &model,
                                     const std::vector<std::string> &columns)
{
    if (columns.size() != 4)
        throw Error(JT_ERROR_ARGUMENT, "four columns are due: px, py, pz and E");
    const std::string type = frame.GetColumnType(columns[0]);
    if (type.find("ouble") != std::string::npos) /* double, Double_t, Double32_t */
        return frame.DefineSlot(name, SlotTagger<double>(model, frame.GetNSlots()), columns);
    return frame.DefineSlot(name, SlotTagger<float>(model, frame.GetNSlots()), columns);
}

} // namespace jettag

#endif /* JETTAG_RDATAFRAME_HPP */
