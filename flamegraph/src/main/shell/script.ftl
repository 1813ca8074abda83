'use strict';
(() => {
<#include "script/store.js" parse=false>
<#include "script/model.js" parse=false>
<#include "script/views.js" parse=false>
<#include "script/pattern.js" parse=false>
<#include "script/search.js" parse=false>
<#include "script/format.js" parse=false>
<#include "script/draw.js" parse=false>
<#include "script/controls.js" parse=false>
<#include "script/permalink.js" parse=false>
<#include "script/table.js" parse=false>
<#include "script/state.js" parse=false>
<#include "script/scene.js" parse=false>
<#include "script/actions.js" parse=false>
<#include "script/finder.js" parse=false>
<#include "script/input.js" parse=false>
<#include "script/app.js" parse=false>
})();
