#pragma once

/// Everything an application needs: load a Model, plan a Session, run it.
#include "octavo/calibration.hpp"
#include "octavo/cpu.hpp"
#include "octavo/error.hpp"
#include "octavo/graph.hpp"
#include "octavo/model.hpp"
#include "octavo/parallel.hpp"
#include "octavo/range_estimator.hpp"
#include "octavo/session.hpp"
#include "octavo/tensor.hpp"
