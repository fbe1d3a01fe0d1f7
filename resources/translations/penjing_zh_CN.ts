<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
  <context>
    <name>Penjing</name>
    <message>
      <source>   no draft</source>
      <translation>   无草稿模型</translation>
    </message>
    <message>
      <source>   ←  draft </source>
      <translation>   ←  草稿模型 </translation>
    </message>
    <message>
      <source> (assumed)</source>
      <translation>（假定）</translation>
    </message>
    <message>
      <source> Other programs that use the Hugging Face cache lose it too.</source>
      <translation> 使用 Hugging Face 缓存的其他程序也会失去它。</translation>
    </message>
    <message>
      <source> instead of {low:.1f} to {high:.1f}</source>
      <translation>（原为 {low:.1f} 至 {high:.1f}）</translation>
    </message>
    <message>
      <source> · cut short</source>
      <translation> · 不完整</translation>
    </message>
    <message>
      <source>, draft {draft}</source>
      <translation>，草稿模型 {draft}</translation>
    </message>
    <message>
      <source>, measured {measured}</source>
      <translation>，实测 {measured}</translation>
    </message>
    <message>
      <source>, no draft</source>
      <translation>，无草稿模型</translation>
    </message>
    <message>
      <source>, the fastest budget</source>
      <translation>，最快的预算</translation>
    </message>
    <message>
      <source>, to be accepted on the hub</source>
      <translation>，须在 Hub 上接受</translation>
    </message>
    <message>
      <source>, which leaves less than {room} for the reply.</source>
      <translation>，留给回复的不足 {room}。</translation>
    </message>
    <message>
      <source>0: the best token always. 1: as the model says.</source>
      <translation>0：总取最好的词元。1：照模型所说。</translation>
    </message>
    <message>
      <source>1 is the best of the nodes drafted here.</source>
      <translation>1 是此处起草的节点中最好的。</translation>
    </message>
    <message>
      <source>1 is the token that the target thinks likeliest here.</source>
      <translation>1 是目标模型认为此处最可能的词元。</translation>
    </message>
    <message>
      <source>1 line</source>
      <translation>1 行</translation>
    </message>
    <message>
      <source>1 node drafted, 1 deep</source>
      <translation>起草了 1 个节点，深 1 层</translation>
    </message>
    <message>
      <source>1 step a second</source>
      <translation>每秒 1 步</translation>
    </message>
    <message>
      <source>1 token</source>
      <translation>1 个词元</translation>
    </message>
    <message>
      <source>16 to 64 GiB</source>
      <translation>16 至 64 GiB</translation>
    </message>
    <message>
      <source>2 minutes ago</source>
      <translation>2 分钟前</translation>
    </message>
    <message>
      <source>4 to 16 GiB</source>
      <translation>4 至 16 GiB</translation>
    </message>
    <message>
      <source>4-bit copies of the layers that stream, with which the target drafts for itself.</source>
      <translation>流式读取的层的 4 位副本，目标模型用它们为自己起草。</translation>
    </message>
    <message>
      <source>: {stream} of streaming per pass</source>
      <translation>：每次前向传输 {stream}</translation>
    </message>
    <message>
      <source>; its experts: {size}, {manner}</source>
      <translation>；其专家：{size}，{manner}</translation>
    </message>
    <message>
      <source>A context of {tokens}: {consequence}.</source>
      <translation>上下文 {tokens}：{consequence}。</translation>
    </message>
    <message>
      <source>A download that was interrupted goes on.</source>
      <translation>一个中断的下载正在继续。</translation>
    </message>
    <message>
      <source>A model is being loaded.</source>
      <translation>正在载入模型。</translation>
    </message>
    <message>
      <source>A model that is too big for memory is read from the drive for every pass, which takes as long for one word as for a hundred. So a small model guesses a whole tree of continuations meanwhile, and one pass of the big one checks them all.</source>
      <translation>内存装不下的模型，每次前向都要从硬盘读一遍，读一遍的时间对一个词和一百个词是一样的。因此，小模型趁这段时间猜出一整棵后续之树，大模型一次前向就核对全部。</translation>
    </message>
    <message>
      <source>A new seed for each reply</source>
      <translation>每次回复使用新种子</translation>
    </message>
    <message>
      <source>A reply ends here at the latest.</source>
      <translation>回复最迟在此结束。</translation>
    </message>
    <message>
      <source>A reply ends here at the latest; 0: none.</source>
      <translation>回复最迟在此结束；0：不限。</translation>
    </message>
    <message>
      <source>A ring of a few layers that streamed weights pass through.</source>
      <translation>流式权重经过的几层环形缓冲区。</translation>
    </message>
    <message>
      <source>A small model drafts a tree of guesses, and the target checks all of them in one pass.</source>
      <translation>小模型起草一棵猜测之树，目标模型一次前向就核对全部。</translation>
    </message>
    <message>
      <source>A tree of guessed words; the big model, whose layers stream from the drive, takes one path of it</source>
      <translation>一棵猜测的词语之树；大模型的层从硬盘流过，并采用其中一条路径</translation>
    </message>
    <message>
      <source>About Penjing</source>
      <translation>关于 Penjing</translation>
    </message>
    <message>
      <source>Above 64 GiB</source>
      <translation>64 GiB 以上</translation>
    </message>
    <message>
      <source>Accepted per step</source>
      <translation>每步接受数</translation>
    </message>
    <message>
      <source>Access token</source>
      <translation>访问令牌</translation>
    </message>
    <message>
      <source>Access token for the hub</source>
      <translation>Hub 的访问令牌</translation>
    </message>
    <message>
      <source>Access token kept by {where}</source>
      <translation>访问令牌由 {where} 保管</translation>
    </message>
    <message>
      <source>Add a model folder</source>
      <translation>添加模型文件夹</translation>
    </message>
    <message>
      <source>Add a model folder, or a folder of model folders. You can also drop one here.</source>
      <translation>添加一个模型文件夹，或含有多个模型的文件夹。也可以拖到这里。</translation>
    </message>
    <message>
      <source>Add a text file</source>
      <translation>添加文本文件</translation>
    </message>
    <message>
      <source>Add folder…</source>
      <translation>添加文件夹…</translation>
    </message>
    <message>
      <source>Add text files</source>
      <translation>添加文本文件</translation>
    </message>
    <message>
      <source>All files (*)</source>
      <translation>所有文件 (*)</translation>
    </message>
    <message>
      <source>All models</source>
      <translation>全部模型</translation>
    </message>
    <message>
      <source>All rows</source>
      <translation>所有行</translation>
    </message>
    <message>
      <source>All steps of the reply</source>
      <translation>回复的全部步</translation>
    </message>
    <message>
      <source>All {compared} files hold what was sent.</source>
      <translation>全部 {compared} 个文件与发布的一致。</translation>
    </message>
    <message>
      <source>Alternative {place} of {count}</source>
      <translation>第 {place} 个版本，共 {count} 个</translation>
    </message>
    <message>
      <source>Always write this chat with {words}</source>
      <translation>此对话总用 {words} 来写</translation>
    </message>
    <message>
      <source>Another last reply</source>
      <translation>重新生成最后的回复</translation>
    </message>
    <message>
      <source>Any format</source>
      <translation>任意格式</translation>
    </message>
    <message>
      <source>Any size</source>
      <translation>任意大小</translation>
    </message>
    <message>
      <source>Appearance</source>
      <translation>外观</translation>
    </message>
    <message>
      <source>As a table</source>
      <translation>以表格显示</translation>
    </message>
    <message>
      <source>As blocks, as tall as likely</source>
      <translation>方块，高度表示可能性</translation>
    </message>
    <message>
      <source>As in general</source>
      <translation>与通用设置相同</translation>
    </message>
    <message>
      <source>As nodes and edges</source>
      <translation>节点与连线</translation>
    </message>
    <message>
      <source>As suits its size</source>
      <translation>按大小自动</translation>
    </message>
    <message>
      <source>Ask a question</source>
      <translation>问一个问题</translation>
    </message>
    <message>
      <source>Ask anew</source>
      <translation>重新提问</translation>
    </message>
    <message>
      <source>Ask something</source>
      <translation>问点什么吧</translation>
    </message>
    <message>
      <source>Ask this in a chat of its own</source>
      <translation>在一个新对话里提问</translation>
    </message>
    <message>
      <source>Asking the hub…</source>
      <translation>正在询问 Hub…</translation>
    </message>
    <message>
      <source>Asking…</source>
      <translation>正在询问…</translation>
    </message>
    <message>
      <source>Asks one address for a signed notice. Nothing about you or this computer is sent.</source>
      <translation>向一个地址请求经过签名的通知。不会发送关于您或这台电脑的任何信息。</translation>
    </message>
    <message>
      <source>At most {size}</source>
      <translation>最多 {size}</translation>
    </message>
    <message>
      <source>Auto</source>
      <translation>自动</translation>
    </message>
    <message>
      <source>Back</source>
      <translation>后退</translation>
    </message>
    <message>
      <source>Back to my models</source>
      <translation>回到我的模型</translation>
    </message>
    <message>
      <source>Back to the chat (Esc)</source>
      <translation>返回对话 (Esc)</translation>
    </message>
    <message>
      <source>Back to the last reply</source>
      <translation>回到最后的回复</translation>
    </message>
    <message>
      <source>Begin</source>
      <translation>开始</translation>
    </message>
    <message>
      <source>Beginning…</source>
      <translation>正在开始…</translation>
    </message>
    <message>
      <source>Being looked at…</source>
      <translation>正在查看…</translation>
    </message>
    <message>
      <source>Big models, on this computer</source>
      <translation>大模型，就在这台电脑上</translation>
    </message>
    <message>
      <source>Budget</source>
      <translation>预算</translation>
    </message>
    <message>
      <source>Bus</source>
      <translation>总线</translation>
    </message>
    <message>
      <source>Bytes per second of weights copied to the graphics card over the last steps.</source>
      <translation>最近几步每秒复制到显卡的权重字节数。</translation>
    </message>
    <message>
      <source>Bytes per second of weights copied to the graphics card. The line is what copies from RAM reach, the dashed one what a reply is predicted to take.</source>
      <translation>每秒复制到显卡的权重字节数。实线是从内存复制所达到的速度，虚线是预计写回复时所需的速度。</translation>
    </message>
    <message>
      <source>Bytes per second that all drives deliver now.</source>
      <translation>所有硬盘此刻每秒送出的字节数。</translation>
    </message>
    <message>
      <source>Bytes per second that all drives deliver. The line is what direct reads of the model's reach, the dashed one what a reply is predicted to take.</source>
      <translation>所有硬盘每秒送出的字节数。实线是直接读取模型所达到的速度，虚线是预计写回复时所需的速度。</translation>
    </message>
    <message>
      <source>Cache</source>
      <translation>缓存</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>取消</translation>
    </message>
    <message>
      <source>Change the plan</source>
      <translation>修改方案</translation>
    </message>
    <message>
      <source>Changed</source>
      <translation>更改于</translation>
    </message>
    <message>
      <source>Chapter</source>
      <translation>章节内容</translation>
    </message>
    <message>
      <source>Chapters</source>
      <translation>章节</translation>
    </message>
    <message>
      <source>Chat settings</source>
      <translation>对话设置</translation>
    </message>
    <message>
      <source>Chat template</source>
      <translation>对话模板</translation>
    </message>
    <message>
      <source>Chat with the demo</source>
      <translation>与演示模型对话</translation>
    </message>
    <message>
      <source>Chat with the demo pair</source>
      <translation>与演示模型对话</translation>
    </message>
    <message>
      <source>Chats</source>
      <translation>对话</translation>
    </message>
    <message>
      <source>Chats, settings and logs</source>
      <translation>对话、设置和日志</translation>
    </message>
    <message>
      <source>Check files</source>
      <translation>检查文件</translation>
    </message>
    <message>
      <source>Check the folder {parent}.</source>
      <translation>请检查文件夹 {parent}。</translation>
    </message>
    <message>
      <source>Checking files…</source>
      <translation>正在检查文件…</translation>
    </message>
    <message>
      <source>Checking {checking}</source>
      <translation>正在检查 {checking}</translation>
    </message>
    <message>
      <source>Choose a model</source>
      <translation>选择模型</translation>
    </message>
    <message>
      <source>Choose a model to see its plan at the right.</source>
      <translation>选择一个模型，右侧会显示它的方案。</translation>
    </message>
    <message>
      <source>Choose a model, and you see here where its layers will live and what speed to expect.</source>
      <translation>选择一个模型，就能在这里看到各层放在哪里、速度如何。</translation>
    </message>
    <message>
      <source>Choose another file.</source>
      <translation>请选择其他文件。</translation>
    </message>
    <message>
      <source>Choose another folder for it.</source>
      <translation>请为它选择其他文件夹。</translation>
    </message>
    <message>
      <source>Choose another model…</source>
      <translation>选择其他模型…</translation>
    </message>
    <message>
      <source>Choose another place.</source>
      <translation>请选择其他位置。</translation>
    </message>
    <message>
      <source>Choose one on the models page (Ctrl+L).</source>
      <translation>请在模型页选择一个 (Ctrl+L)。</translation>
    </message>
    <message>
      <source>Choose others on the models page, and in the settings of this chat.</source>
      <translation>请在模型页和此对话的设置中另选。</translation>
    </message>
    <message>
      <source>Choosing tokens and keeping the caches in order.</source>
      <translation>选出词元并整理缓存。</translation>
    </message>
    <message>
      <source>Clear the search</source>
      <translation>清除搜索</translation>
    </message>
    <message>
      <source>Click to see them all.</source>
      <translation>点击查看全部。</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>关闭</translation>
    </message>
    <message>
      <source>Close other programs, or press Load anyway in the plan.</source>
      <translation>请关闭其他程序，或在方案中点按“仍要载入”。</translation>
    </message>
    <message>
      <source>Commands</source>
      <translation>命令</translation>
    </message>
    <message>
      <source>Committed tokens / seconds over the last 8 steps; for a finished reply over all steps but the first, which also reads the prompt.</source>
      <translation>最近 8 步提交的词元数 / 秒数；已完成的回复则按全部步计算，但不含还要读提示的第一步。</translation>
    </message>
    <message>
      <source>Committed tokens / steps of this reply: what was accepted, and the one that the target adds.</source>
      <translation>本回复提交的词元数 / 步数：被接受的，加上目标模型补上的一个。</translation>
    </message>
    <message>
      <source>Comparing, {count} so far …</source>
      <translation>正在比较，已完成 {count} 个……</translation>
    </message>
    <message>
      <source>Context</source>
      <translation>上下文</translation>
    </message>
    <message>
      <source>Context of {tokens}</source>
      <translation>上下文 {tokens}</translation>
    </message>
    <message>
      <source>Context used</source>
      <translation>已用上下文</translation>
    </message>
    <message>
      <source>Continue</source>
      <translation>继续</translation>
    </message>
    <message>
      <source>Continue this reply</source>
      <translation>接着写这个回复</translation>
    </message>
    <message>
      <source>Conversation</source>
      <translation>对话</translation>
    </message>
    <message>
      <source>Copies to the card</source>
      <translation>向显卡复制</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>复制</translation>
    </message>
    <message>
      <source>Copy as Markdown</source>
      <translation>复制为 Markdown</translation>
    </message>
    <message>
      <source>Copy as plain text</source>
      <translation>复制为纯文本</translation>
    </message>
    <message>
      <source>Copy name</source>
      <translation>复制名称</translation>
    </message>
    <message>
      <source>Copy the versions, for a report</source>
      <translation>复制版本信息，供报告使用</translation>
    </message>
    <message>
      <source>Copy this code</source>
      <translation>复制这段代码</translation>
    </message>
    <message>
      <source>Copy this message</source>
      <translation>复制这条消息</translation>
    </message>
    <message>
      <source>Copy what happened, with the versions</source>
      <translation>复制所发生的情况和版本信息</translation>
    </message>
    <message>
      <source>Copy what is shown</source>
      <translation>复制所显示的内容</translation>
    </message>
    <message>
      <source>Dark</source>
      <translation>深色</translation>
    </message>
    <message>
      <source>Defaults are in use.</source>
      <translation>现使用默认设置。</translation>
    </message>
    <message>
      <source>Defaults are in use; the old file is {aside}.</source>
      <translation>现使用默认设置；旧文件为 {aside}。</translation>
    </message>
    <message>
      <source>Delete	Ctrl+Del</source>
      <translation>删除	Ctrl+Del</translation>
    </message>
    <message>
      <source>Delete folder</source>
      <translation>删除文件夹</translation>
    </message>
    <message>
      <source>Delete preset</source>
      <translation>删除预设</translation>
    </message>
    <message>
      <source>Deleted chats</source>
      <translation>已删除的对话</translation>
    </message>
    <message>
      <source>Deleted the folder “{name}”; its chats are still here.</source>
      <translation>已删除文件夹“{name}”；其中的对话仍在。</translation>
    </message>
    <message>
      <source>Deleted the preset “{name}”.</source>
      <translation>已删除预设“{name}”。</translation>
    </message>
    <message>
      <source>Deleted “{title}”.</source>
      <translation>已删除“{title}”。</translation>
    </message>
    <message>
      <source>Download</source>
      <translation>下载</translation>
    </message>
    <message>
      <source>Download it again: only what is damaged is fetched.</source>
      <translation>请重新下载：只会取回损坏的部分。</translation>
    </message>
    <message>
      <source>Download of {name}</source>
      <translation>下载 {name}</translation>
    </message>
    <message>
      <source>Download {name}</source>
      <translation>下载 {name}</translation>
    </message>
    <message>
      <source>Draft</source>
      <translation>草稿</translation>
    </message>
    <message>
      <source>Draft model</source>
      <translation>草稿模型</translation>
    </message>
    <message>
      <source>Draft models</source>
      <translation>草稿模型</translation>
    </message>
    <message>
      <source>Draft tree</source>
      <translation>草稿树</translation>
    </message>
    <message>
      <source>Draft: a small model that guesses ahead. It changes the speed, never the answer</source>
      <translation>草稿模型：先行猜测的小模型。它只改变速度，不改变答案</translation>
    </message>
    <message>
      <source>Drafter</source>
      <translation>起草者</translation>
    </message>
    <message>
      <source>Draw</source>
      <translation>画法</translation>
    </message>
    <message>
      <source>Drawings that scale (*.svg);;Pictures (*.png)</source>
      <translation>矢量图 (*.svg);;图片 (*.png)</translation>
    </message>
    <message>
      <source>Drive</source>
      <translation>硬盘</translation>
    </message>
    <message>
      <source>Drive ({kind})</source>
      <translation>硬盘（{kind}）</translation>
    </message>
    <message>
      <source>Duplicate</source>
      <translation>创建副本</translation>
    </message>
    <message>
      <source>Earlier</source>
      <translation>更早</translation>
    </message>
    <message>
      <source>Earlier runs took {pace:.2f} times the seconds of the parts below, which is in it. </source>
      <translation>以往运行所用秒数是下面各部分的 {pace:.2f} 倍，已计入其中。</translation>
    </message>
    <message>
      <source>Edit and ask anew; this one is kept</source>
      <translation>修改后重新提问；原来的会保留</translation>
    </message>
    <message>
      <source>Edit the reply</source>
      <translation>修改回复</translation>
    </message>
    <message>
      <source>Edit this reply; this one is kept</source>
      <translation>修改这个回复；原来的会保留</translation>
    </message>
    <message>
      <source>Edit your message</source>
      <translation>修改您的消息</translation>
    </message>
    <message>
      <source>Else with whichever models are chosen. They are loaded when you ask.</source>
      <translation>否则使用当时选中的模型。提问时会载入它们。</translation>
    </message>
    <message>
      <source>Embedding</source>
      <translation>嵌入层</translation>
    </message>
    <message>
      <source>Embedding, head</source>
      <translation>嵌入层、输出头</translation>
    </message>
    <message>
      <source>Engine</source>
      <translation>引擎</translation>
    </message>
    <message>
      <source>Engine alone</source>
      <translation>仅引擎</translation>
    </message>
    <message>
      <source>Every layer is resident from</source>
      <translation>各层全部常驻，至少</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>导出</translation>
    </message>
    <message>
      <source>Export all chats …</source>
      <translation>导出全部对话…</translation>
    </message>
    <message>
      <source>Export …</source>
      <translation>导出…</translation>
    </message>
    <message>
      <source>Exported to {done}.</source>
      <translation>已导出到 {done}。</translation>
    </message>
    <message>
      <source>File</source>
      <translation>文件</translation>
    </message>
    <message>
      <source>Find in models</source>
      <translation>在模型页查找</translation>
    </message>
    <message>
      <source>First steps</source>
      <translation>入门</translation>
    </message>
    <message>
      <source>First token</source>
      <translation>首个词元</translation>
    </message>
    <message>
      <source>Folder</source>
      <translation>文件夹</translation>
    </message>
    <message>
      <source>Folder {text}, {more}</source>
      <translation>文件夹 {text}，{more}</translation>
    </message>
    <message>
      <source>Folders, import and export</source>
      <translation>文件夹、导入与导出</translation>
    </message>
    <message>
      <source>Follow the reply</source>
      <translation>跟随回复</translation>
    </message>
    <message>
      <source>Follow the system</source>
      <translation>跟随系统</translation>
    </message>
    <message>
      <source>Forget all trees</source>
      <translation>清除所有树</translation>
    </message>
    <message>
      <source>Forget all trees …</source>
      <translation>清除所有树…</translation>
    </message>
    <message>
      <source>Forget the trees of all replies?</source>
      <translation>清除所有回复的树吗？</translation>
    </message>
    <message>
      <source>Format</source>
      <translation>格式</translation>
    </message>
    <message>
      <source>Format of the weights</source>
      <translation>权重格式</translation>
    </message>
    <message>
      <source>Free the memory that the loaded models take</source>
      <translation>释放已载入模型占用的内存</translation>
    </message>
    <message>
      <source>Free {size}</source>
      <translation>释放 {size}</translation>
    </message>
    <message>
      <source>Free: {free}</source>
      <translation>空闲：{free}</translation>
    </message>
    <message>
      <source>Full precision</source>
      <translation>全精度</translation>
    </message>
    <message>
      <source>Get the pack</source>
      <translation>获取支持包</translation>
    </message>
    <message>
      <source>Give it to the system's keyring</source>
      <translation>交给系统的密钥环保管</translation>
    </message>
    <message>
      <source>Go on</source>
      <translation>继续</translation>
    </message>
    <message>
      <source>Go on writing</source>
      <translation>继续写</translation>
    </message>
    <message>
      <source>Graphics card</source>
      <translation>显卡</translation>
    </message>
    <message>
      <source>Growing the tree.</source>
      <translation>生长草稿树。</translation>
    </message>
    <message>
      <source>Head</source>
      <translation>输出头</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>帮助</translation>
    </message>
    <message>
      <source>Here</source>
      <translation>本机</translation>
    </message>
    <message>
      <source>Hold this step</source>
      <translation>停在这一步</translation>
    </message>
    <message>
      <source>How many tokens a second to expect on this machine</source>
      <translation>在这台电脑上预计每秒多少词元</translation>
    </message>
    <message>
      <source>How many tokens behind the last committed one.</source>
      <translation>在最后提交的词元之后多少个词元。</translation>
    </message>
    <message>
      <source>How this was written: </source>
      <translation>这段文字是怎样写成的：</translation>
    </message>
    <message>
      <source>Hugging Face cache</source>
      <translation>Hugging Face 缓存</translation>
    </message>
    <message>
      <source>Import chats</source>
      <translation>导入对话</translation>
    </message>
    <message>
      <source>Import chats …</source>
      <translation>导入对话…</translation>
    </message>
    <message>
      <source>Imported {many}.</source>
      <translation>已导入 {many}。</translation>
    </message>
    <message>
      <source>It goes on by itself, also once you have left these pages. The demo pair answers meanwhile.</source>
      <translation>离开这些页面后下载也会自动继续。在此期间可由演示模型回答。</translation>
    </message>
    <message>
      <source>It is here: choose it on the models page.</source>
      <translation>已下载完成：请在模型页面中选择。</translation>
    </message>
    <message>
      <source>It says who you are. Models with a licence to accept ask for it.</source>
      <translation>它表明您的身份。须接受许可证的模型会要求它。</translation>
    </message>
    <message>
      <source>It was not kept how this was written</source>
      <translation>没有保存这段文字是怎样写成的</translation>
    </message>
    <message>
      <source>Its numbers are from memory, with a source to check them by.</source>
      <translation>其数据凭记忆写下，有来源可供核对。</translation>
    </message>
    <message>
      <source>Its numbers are from memory, without a source.</source>
      <translation>其数据凭记忆写下，没有来源。</translation>
    </message>
    <message>
      <source>JSON (*.json)</source>
      <translation>JSON (*.json)</translation>
    </message>
    <message>
      <source>JSON, with everything (*.json)</source>
      <translation>JSON，包含全部内容 (*.json)</translation>
    </message>
    <message>
      <source>Keep</source>
      <translation>保存</translation>
    </message>
    <message>
      <source>Keep as an alternative</source>
      <translation>存为另一个版本</translation>
    </message>
    <message>
      <source>Keep none</source>
      <translation>不保留</translation>
    </message>
    <message>
      <source>Kept beside the chats, so that the tree panel can show how an earlier reply was guessed.</source>
      <translation>与对话一起保存，以便树面板显示较早的回复是如何猜出来的。</translation>
    </message>
    <message>
      <source>Kept free for the rest of the computer.</source>
      <translation>留给电脑其他用途。</translation>
    </message>
    <message>
      <source>Key</source>
      <translation>图例</translation>
    </message>
    <message>
      <source>Keys</source>
      <translation>快捷键</translation>
    </message>
    <message>
      <source>Keys and values</source>
      <translation>键和值</translation>
    </message>
    <message>
      <source>Keys and values of the conversation: it grows with the context.</source>
      <translation>对话的键与值：随上下文增长。</translation>
    </message>
    <message>
      <source>Language</source>
      <translation>语言</translation>
    </message>
    <message>
      <source>Larger context</source>
      <translation>更大的上下文</translation>
    </message>
    <message>
      <source>Last 30 days</source>
      <translation>最近 30 天</translation>
    </message>
    <message>
      <source>Last 7 days</source>
      <translation>最近 7 天</translation>
    </message>
    <message>
      <source>Layer {tile} of {count}</source>
      <translation>第 {tile} 层，共 {count} 层</translation>
    </message>
    <message>
      <source>Layers</source>
      <translation>层</translation>
    </message>
    <message>
      <source>Layers of these shapes were run as in replies: {shapes}.</source>
      <translation>这些形状的层已按生成回复的方式运行过：{shapes}。</translation>
    </message>
    <message>
      <source>Layers {manner} {tier}</source>
      <translation>层，{manner} {tier}</translation>
    </message>
    <message>
      <source>Leave every choice to the planner.</source>
      <translation>全部交给规划器决定。</translation>
    </message>
    <message>
      <source>Leave it as it is (Esc)</source>
      <translation>保持原样 (Esc)</translation>
    </message>
    <message>
      <source>Leave out the oldest turn</source>
      <translation>略去最早的一轮</translation>
    </message>
    <message>
      <source>Leave out the oldest turns</source>
      <translation>略去最早的几轮</translation>
    </message>
    <message>
      <source>Leave out the {drop} oldest turns</source>
      <translation>略去最早的 {drop} 轮</translation>
    </message>
    <message>
      <source>Licence</source>
      <translation>许可证</translation>
    </message>
    <message>
      <source>Light</source>
      <translation>浅色</translation>
    </message>
    <message>
      <source>Limit: {limit}</source>
      <translation>限额：{limit}</translation>
    </message>
    <message>
      <source>Lives</source>
      <translation>所在</translation>
    </message>
    <message>
      <source>Load</source>
      <translation>载入</translation>
    </message>
    <message>
      <source>Load again</source>
      <translation>重新载入</translation>
    </message>
    <message>
      <source>Load anyway</source>
      <translation>仍要载入</translation>
    </message>
    <message>
      <source>Load the model</source>
      <translation>加载模型</translation>
    </message>
    <message>
      <source>Load the models as planned (the engine holds exactly what you see).</source>
      <translation>按方案载入模型（引擎占用的正是您所见）。</translation>
    </message>
    <message>
      <source>Load this pair as the plan says</source>
      <translation>按方案载入这对模型</translation>
    </message>
    <message>
      <source>Loading</source>
      <translation>正在载入</translation>
    </message>
    <message>
      <source>Loading {done} %</source>
      <translation>正在载入 {done} %</translation>
    </message>
    <message>
      <source>Loading {target} first.</source>
      <translation>先载入 {target}。</translation>
    </message>
    <message>
      <source>Log</source>
      <translation>日志</translation>
    </message>
    <message>
      <source>Logs</source>
      <translation>日志</translation>
    </message>
    <message>
      <source>Look for a new version</source>
      <translation>查找新版本</translation>
    </message>
    <message>
      <source>Look for new versions of Penjing once a day</source>
      <translation>每天查找一次 Penjing 新版本</translation>
    </message>
    <message>
      <source>Look for new versions once a day</source>
      <translation>每天查找一次新版本</translation>
    </message>
    <message>
      <source>Look for this model on the models page; nothing is sent before you choose the hub.</source>
      <translation>在模型页查找此模型；在您选择模型库之前不会发送任何内容。</translation>
    </message>
    <message>
      <source>Look now</source>
      <translation>立即查找</translation>
    </message>
    <message>
      <source>Looking at this computer…</source>
      <translation>正在查看这台电脑…</translation>
    </message>
    <message>
      <source>Looking for a model that suits this computer…</source>
      <translation>正在寻找适合这台电脑的模型…</translation>
    </message>
    <message>
      <source>Makes tokens already used less likely. 1: off.</source>
      <translation>让用过的词元更不易出现。1：关闭。</translation>
    </message>
    <message>
      <source>Makes tokens used before less likely. 1: off.</source>
      <translation>让用过的词元更不易出现。1：关闭。</translation>
    </message>
    <message>
      <source>Markdown, to read (*.md)</source>
      <translation>Markdown，便于阅读 (*.md)</translation>
    </message>
    <message>
      <source>Matrix products</source>
      <translation>矩阵乘法</translation>
    </message>
    <message>
      <source>Mean of accepted tokens per step, and the one that the model itself adds to each.</source>
      <translation>每步接受词元数的平均值，加上模型自己每步补上的一个。</translation>
    </message>
    <message>
      <source>Measure again</source>
      <translation>重新测量</translation>
    </message>
    <message>
      <source>Measure processor, memory and drive again; a few seconds, while nothing is written.</source>
      <translation>重新测量处理器、内存和硬盘；在不生成时进行，需几秒钟。</translation>
    </message>
    <message>
      <source>Memory</source>
      <translation>内存</translation>
    </message>
    <message>
      <source>Memory kept for the rest of the computer: plans leave it free.</source>
      <translation>留给电脑其他用途的内存：方案不会占用。</translation>
    </message>
    <message>
      <source>Message</source>
      <translation>消息</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>模型</translation>
    </message>
    <message>
      <source>Model card</source>
      <translation>模型说明</translation>
    </message>
    <message>
      <source>Models</source>
      <translation>模型</translation>
    </message>
    <message>
      <source>Monitor</source>
      <translation>监视器</translation>
    </message>
    <message>
      <source>Most is held by {listed}.</source>
      <translation>占用最多的是 {listed}。</translation>
    </message>
    <message>
      <source>Most memory that the engine may take on the graphics card.</source>
      <translation>引擎在显卡上最多可用的显存。</translation>
    </message>
    <message>
      <source>Most memory that the engine process may take, Python and all included.</source>
      <translation>引擎进程最多可用的内存，连同 Python 在内。</translation>
    </message>
    <message>
      <source>Most tokens</source>
      <translation>最多词元</translation>
    </message>
    <message>
      <source>Motion</source>
      <translation>动态效果</translation>
    </message>
    <message>
      <source>Move to folder	Ctrl+Shift+M</source>
      <translation>移动到文件夹	Ctrl+Shift+M</translation>
    </message>
    <message>
      <source>Moved “{title}” out of its folder.</source>
      <translation>已将“{title}”移出文件夹。</translation>
    </message>
    <message>
      <source>Moved “{title}” to “{folder}”.</source>
      <translation>已将“{title}”移动到“{folder}”。</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>名称</translation>
    </message>
    <message>
      <source>New chat</source>
      <translation>新对话</translation>
    </message>
    <message>
      <source>New folder</source>
      <translation>新建文件夹</translation>
    </message>
    <message>
      <source>New folder …</source>
      <translation>新建文件夹…</translation>
    </message>
    <message>
      <source>New versions</source>
      <translation>新版本</translation>
    </message>
    <message>
      <source>Next step (Page Down)</source>
      <translation>下一步 (Page Down)</translation>
    </message>
    <message>
      <source>No GPU</source>
      <translation>无 GPU</translation>
    </message>
    <message>
      <source>No access token</source>
      <translation>没有访问令牌</translation>
    </message>
    <message>
      <source>No chat contains that.</source>
      <translation>没有对话包含这些文字。</translation>
    </message>
    <message>
      <source>No draft</source>
      <translation>无草稿模型</translation>
    </message>
    <message>
      <source>No graphics card that can compute was found: the processor computes, and weights travel over no bus.</source>
      <translation>没有找到可用于计算的显卡：由处理器计算，权重不经过总线。</translation>
    </message>
    <message>
      <source>No graphics card that can compute was found; the processor does all the work.</source>
      <translation>没有找到可用于计算的显卡；全部工作由处理器完成。</translation>
    </message>
    <message>
      <source>No layer was measured yet: matrix products and reading of memory are reckoned with.</source>
      <translation>尚未测量任何层：按矩阵乘法和内存读取速度推算。</translation>
    </message>
    <message>
      <source>No model</source>
      <translation>没有模型</translation>
    </message>
    <message>
      <source>No model is chosen.</source>
      <translation>没有选中模型。</translation>
    </message>
    <message>
      <source>No model of the catalogue both runs here and fits on the drive. The demo pair does.</source>
      <translation>目录中没有既能在这台电脑上运行、硬盘又放得下的模型。演示模型可以。</translation>
    </message>
    <message>
      <source>No model was found on this computer.</source>
      <translation>这台电脑上没有找到模型。</translation>
    </message>
    <message>
      <source>No models are chosen</source>
      <translation>没有选中模型</translation>
    </message>
    <message>
      <source>No setting makes this model fit. Choose a smaller one.</source>
      <translation>任何设置都放不下这个模型。请选择更小的。</translation>
    </message>
    <message>
      <source>No step yet.</source>
      <translation>还没有任何一步。</translation>
    </message>
    <message>
      <source>Node</source>
      <translation>节点</translation>
    </message>
    <message>
      <source>Nodes and accepted tokens per step</source>
      <translation>每步的节点数和接受的词元数</translation>
    </message>
    <message>
      <source>Nodes of the draft tree</source>
      <translation>草稿树的节点</translation>
    </message>
    <message>
      <source>Nodes per tree</source>
      <translation>每棵树节点数</translation>
    </message>
    <message>
      <source>Nodes per tree: more are accepted per pass, and each pass takes longer.</source>
      <translation>每棵树的节点数：越多，每次前向接受的越多，但用时也越长。</translation>
    </message>
    <message>
      <source>None</source>
      <translation>无</translation>
    </message>
    <message>
      <source>None of them fits this computer in this format: choose another one.</source>
      <translation>此格式下没有一个模型放得进这台电脑：请选择其他格式。</translation>
    </message>
    <message>
      <source>None of your models matches “{text}”.</source>
      <translation>您的模型中没有符合“{text}”的。</translation>
    </message>
    <message>
      <source>Nothing is called that.</source>
      <translation>没有这样的命令。</translation>
    </message>
    <message>
      <source>Nothing is loaded</source>
      <translation>没有载入模型</translation>
    </message>
    <message>
      <source>Nothing is measured while a model loads or writes: try again afterwards.</source>
      <translation>加载或生成时不进行测量：请稍后再试。</translation>
    </message>
    <message>
      <source>Nothing on the hub matches. Try fewer words, or another size or format.</source>
      <translation>Hub 上没有符合的。请减少词语，或换一种大小或格式。</translation>
    </message>
    <message>
      <source>Nothing that you write leaves this computer. Penjing goes online only when you search for a model or download one, or if you want this:</source>
      <translation>您写的任何内容都不会离开这台电脑。只有在您搜索或下载模型时，或者您愿意这样做时，Penjing 才会联网：</translation>
    </message>
    <message>
      <source>Nothing was drafted; {ended}.</source>
      <translation>没有起草任何词元；{ended}。</translation>
    </message>
    <message>
      <source>Nothing was written down yet.</source>
      <translation>还没有任何记录。</translation>
    </message>
    <message>
      <source>Of its weights</source>
      <translation>其权重的大小</translation>
    </message>
    <message>
      <source>On the hub</source>
      <translation>在 Hub 上</translation>
    </message>
    <message>
      <source>On this computer</source>
      <translation>在这台电脑上</translation>
    </message>
    <message>
      <source>One pass: {name}</source>
      <translation>一次前向：{name}</translation>
    </message>
    <message>
      <source>One step</source>
      <translation>一步</translation>
    </message>
    <message>
      <source>One token a pass: plain decoding.</source>
      <translation>一次前向一个词元：普通解码。</translation>
    </message>
    <message>
      <source>Only lines with</source>
      <translation>只看含有这些文字的行</translation>
    </message>
    <message>
      <source>Only lines with…</source>
      <translation>只看含有…的行</translation>
    </message>
    <message>
      <source>Only models of this owner</source>
      <translation>只看此所有者的模型</translation>
    </message>
    <message>
      <source>Only so many of the best tokens.</source>
      <translation>只取这么多个最好的词元。</translation>
    </message>
    <message>
      <source>Only so many of the best tokens; 0 for all.</source>
      <translation>只取这么多个最好的词元；0 为全部。</translation>
    </message>
    <message>
      <source>Only the best tokens that make up this probability.</source>
      <translation>只取合计达到此概率的最好词元。</translation>
    </message>
    <message>
      <source>Only tokens this fraction as likely as the best.</source>
      <translation>只取概率不低于最好词元此比例的词元。</translation>
    </message>
    <message>
      <source>Open a trace</source>
      <translation>打开轨迹</translation>
    </message>
    <message>
      <source>Open a trace …</source>
      <translation>打开轨迹…</translation>
    </message>
    <message>
      <source>Open folder</source>
      <translation>打开文件夹</translation>
    </message>
    <message>
      <source>Open the download page</source>
      <translation>打开下载页面</translation>
    </message>
    <message>
      <source>Opening {name} …</source>
      <translation>正在打开 {name} …</translation>
    </message>
    <message>
      <source>Other programs and the system.</source>
      <translation>其他程序和系统。</translation>
    </message>
    <message>
      <source>Other programs.</source>
      <translation>其他程序。</translation>
    </message>
    <message>
      <source>Out of the folder</source>
      <translation>移出文件夹</translation>
    </message>
    <message>
      <source>Owner</source>
      <translation>所有者</translation>
    </message>
    <message>
      <source>Page on the hub</source>
      <translation>在 Hub 上的页面</translation>
    </message>
    <message>
      <source>Parameters</source>
      <translation>参数</translation>
    </message>
    <message>
      <source>Part</source>
      <translation>项目</translation>
    </message>
    <message>
      <source>Paste a token to reach models with a licence to accept</source>
      <translation>粘贴令牌，以获取须接受许可证的模型</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>暂停</translation>
    </message>
    <message>
      <source>Paused</source>
      <translation>已暂停</translation>
    </message>
    <message>
      <source>Pausing…</source>
      <translation>正在暂停…</translation>
    </message>
    <message>
      <source>Penalty</source>
      <translation>惩罚</translation>
    </message>
    <message>
      <source>Penjing chats</source>
      <translation>Penjing 对话</translation>
    </message>
    <message>
      <source>Penjing met a bug: {name}. It goes on; the log has the details.</source>
      <translation>Penjing 遇到了一个缺陷：{name}。程序继续运行；详情见日志。</translation>
    </message>
    <message>
      <source>Penjing was closed.</source>
      <translation>Penjing 已关闭。</translation>
    </message>
    <message>
      <source>Penjing {version} is there.</source>
      <translation>Penjing {version} 已发布。</translation>
    </message>
    <message>
      <source>Penjing {version} of {released} is there.
{notes}</source>
      <translation>Penjing {version} 于 {released} 发布。
{notes}</translation>
    </message>
    <message>
      <source>Pin</source>
      <translation>置顶</translation>
    </message>
    <message>
      <source>Pinned</source>
      <translation>已置顶</translation>
    </message>
    <message>
      <source>Plan</source>
      <translation>方案</translation>
    </message>
    <message>
      <source>Plan for a computer with this part instead: its figures are the maker's, not measured.</source>
      <translation>按装有此部件的电脑来规划：数值来自厂商，并非实测。</translation>
    </message>
    <message>
      <source>Point at a node to see how likely the draft thought it, and the target.</source>
      <translation>指向一个节点，即可看到草稿和目标模型各认为它有多可能。</translation>
    </message>
    <message>
      <source>Popularity</source>
      <translation>热度</translation>
    </message>
    <message>
      <source>Predicted for unpacked 16-bit models; from 8B on, a 1B model drafts. Packed to 4 bits a model weighs about a quarter. The Plan panel predicts every model exactly, and shows the measured speed beside it.</source>
      <translation>按未压缩的 16 位模型预计；8B 及以上由 1B 模型起草。压缩到 4 位的模型约重四分之一。“方案”面板能准确预计每个模型，并在旁边显示实测速度。</translation>
    </message>
    <message>
      <source>Predicted speed</source>
      <translation>预计速度</translation>
    </message>
    <message>
      <source>Predictions for {replies} were off by {all}.</source>
      <translation>{replies}的预测偏差为 {all}。</translation>
    </message>
    <message>
      <source>Preset</source>
      <translation>预设</translation>
    </message>
    <message>
      <source>Processor</source>
      <translation>处理器</translation>
    </message>
    <message>
      <source>Quality</source>
      <translation>质量</translation>
    </message>
    <message>
      <source>Quantised</source>
      <translation>已量化</translation>
    </message>
    <message>
      <source>RAM</source>
      <translation>内存</translation>
    </message>
    <message>
      <source>RAM limit</source>
      <translation>RAM 限额</translation>
    </message>
    <message>
      <source>Reading and copying the weights that are not resident, once a pass.</source>
      <translation>每次前向读取并复制不常驻的权重。</translation>
    </message>
    <message>
      <source>Reading of RAM</source>
      <translation>内存读取</translation>
    </message>
    <message>
      <source>Reading of its memory</source>
      <translation>显存读取</translation>
    </message>
    <message>
      <source>Reading the conversation.</source>
      <translation>正在阅读对话。</translation>
    </message>
    <message>
      <source>Reading the machine …</source>
      <translation>正在读取本机状态…</translation>
    </message>
    <message>
      <source>Reduce motion</source>
      <translation>减少动态效果</translation>
    </message>
    <message>
      <source>Remark</source>
      <translation>备注</translation>
    </message>
    <message>
      <source>Remove the copies that draft</source>
      <translation>删除用于起草的副本</translation>
    </message>
    <message>
      <source>Remove the pack</source>
      <translation>移除支持包</translation>
    </message>
    <message>
      <source>Remove the pack ({bytes})</source>
      <translation>移除支持包（{bytes}）</translation>
    </message>
    <message>
      <source>Remove them</source>
      <translation>删除它们</translation>
    </message>
    <message>
      <source>Remove {freed}</source>
      <translation>移除 {freed}</translation>
    </message>
    <message>
      <source>Remove {name}</source>
      <translation>移除 {name}</translation>
    </message>
    <message>
      <source>Remove {name}?</source>
      <translation>移除 {name}？</translation>
    </message>
    <message>
      <source>Removed {name}: {freed} are free again.</source>
      <translation>已移除 {name}：腾出 {freed}。</translation>
    </message>
    <message>
      <source>Remove…</source>
      <translation>移除…</translation>
    </message>
    <message>
      <source>Rename chat</source>
      <translation>重命名对话</translation>
    </message>
    <message>
      <source>Rename folder</source>
      <translation>重命名文件夹</translation>
    </message>
    <message>
      <source>Rename folder …</source>
      <translation>重命名文件夹…</translation>
    </message>
    <message>
      <source>Rename …	F2</source>
      <translation>重命名…	F2</translation>
    </message>
    <message>
      <source>Repetition penalty</source>
      <translation>重复惩罚</translation>
    </message>
    <message>
      <source>Replay</source>
      <translation>回放</translation>
    </message>
    <message>
      <source>Replies</source>
      <translation>回复</translation>
    </message>
    <message>
      <source>Reply to: {question}</source>
      <translation>对此的回复：{question}</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>报告</translation>
    </message>
    <message>
      <source>Report of {stem}</source>
      <translation>{stem} 的报告</translation>
    </message>
    <message>
      <source>Reserve</source>
      <translation>预留</translation>
    </message>
    <message>
      <source>Reset replies to defaults</source>
      <translation>将回复设置恢复为默认</translation>
    </message>
    <message>
      <source>Resident</source>
      <translation>常驻</translation>
    </message>
    <message>
      <source>Resident memory of the engine process: Python, torch and the models.</source>
      <translation>引擎进程的常驻内存：Python、torch 和模型。</translation>
    </message>
    <message>
      <source>Resident memory of this window's process.</source>
      <translation>本窗口进程的常驻内存。</translation>
    </message>
    <message>
      <source>Restart Penjing, or install it again.</source>
      <translation>请重启 Penjing，或重新安装。</translation>
    </message>
    <message>
      <source>Restored “{title}”.</source>
      <translation>已恢复“{title}”。</translation>
    </message>
    <message>
      <source>Room for the trees of replies</source>
      <translation>回复的树可占用的空间</translation>
    </message>
    <message>
      <source>Runs from</source>
      <translation>可运行，至少</translation>
    </message>
    <message>
      <source>Runs language models that are too big for this computer: a small drafter guesses ahead, the model itself checks many guesses while its weights stream by. Free software under the Apache licence 2.0.</source>
      <translation>让这台电脑运行装不下的大语言模型：小巧的起草器先行猜测，模型在权重流过时一次核对许多猜测。自由软件，采用 Apache 2.0 许可证。</translation>
    </message>
    <message>
      <source>Save as preset</source>
      <translation>存为预设</translation>
    </message>
    <message>
      <source>Save as preset …</source>
      <translation>存为预设…</translation>
    </message>
    <message>
      <source>Save the picture</source>
      <translation>保存图片</translation>
    </message>
    <message>
      <source>Save the picture …</source>
      <translation>保存图片…</translation>
    </message>
    <message>
      <source>Save the trace</source>
      <translation>保存轨迹</translation>
    </message>
    <message>
      <source>Save the trace …</source>
      <translation>保存轨迹…</translation>
    </message>
    <message>
      <source>Saved the picture {name}.</source>
      <translation>已保存图片 {name}。</translation>
    </message>
    <message>
      <source>Saved the trace {name}.</source>
      <translation>已保存轨迹 {name}。</translation>
    </message>
    <message>
      <source>Search</source>
      <translation>搜索</translation>
    </message>
    <message>
      <source>Search Hugging Face</source>
      <translation>搜索 Hugging Face</translation>
    </message>
    <message>
      <source>Search chats</source>
      <translation>搜索对话</translation>
    </message>
    <message>
      <source>Search commands</source>
      <translation>搜索命令</translation>
    </message>
    <message>
      <source>Search models</source>
      <translation>搜索模型</translation>
    </message>
    <message>
      <source>Search the guide</source>
      <translation>搜索指南</translation>
    </message>
    <message>
      <source>Search the hub</source>
      <translation>搜索 Hub</translation>
    </message>
    <message>
      <source>Search your models</source>
      <translation>搜索您的模型</translation>
    </message>
    <message>
      <source>Searching…</source>
      <translation>正在搜索…</translation>
    </message>
    <message>
      <source>Seed</source>
      <translation>种子</translation>
    </message>
    <message>
      <source>Self-drafts</source>
      <translation>自起草副本</translation>
    </message>
    <message>
      <source>Send (Enter)</source>
      <translation>发送 (Enter)</translation>
    </message>
    <message>
      <source>Settings</source>
      <translation>设置</translation>
    </message>
    <message>
      <source>Settings (Ctrl+,)</source>
      <translation>设置 (Ctrl+,)</translation>
    </message>
    <message>
      <source>Settings of this chat</source>
      <translation>此对话的设置</translation>
    </message>
    <message>
      <source>Settings of this chat alone</source>
      <translation>仅用于此对话的设置</translation>
    </message>
    <message>
      <source>Settings of this chat: {settings}</source>
      <translation>此对话的设置：{settings}</translation>
    </message>
    <message>
      <source>Show earlier messages</source>
      <translation>显示更早的消息</translation>
    </message>
    <message>
      <source>Show everything in words and numbers, to read aloud or to copy.</source>
      <translation>用文字和数字显示全部内容，便于朗读或复制。</translation>
    </message>
    <message>
      <source>Show folder</source>
      <translation>显示文件夹</translation>
    </message>
    <message>
      <source>Show how this was written</source>
      <translation>显示这段文字是怎样写成的</translation>
    </message>
    <message>
      <source>Show later messages</source>
      <translation>显示更晚的消息</translation>
    </message>
    <message>
      <source>Show log</source>
      <translation>显示日志</translation>
    </message>
    <message>
      <source>Show or hide the chats</source>
      <translation>显示或隐藏对话列表</translation>
    </message>
    <message>
      <source>Show or hide the chats (Ctrl+1)</source>
      <translation>显示或隐藏对话列表 (Ctrl+1)</translation>
    </message>
    <message>
      <source>Show or hide tree, plan and monitor</source>
      <translation>显示或隐藏树、方案和监视器</translation>
    </message>
    <message>
      <source>Show or hide tree, plan and monitor (Ctrl+2)</source>
      <translation>显示或隐藏树、方案和监视器 (Ctrl+2)</translation>
    </message>
    <message>
      <source>Show or hide {name}</source>
      <translation>显示或隐藏 {name}</translation>
    </message>
    <message>
      <source>Show the trees of this reply</source>
      <translation>显示此回复的树</translation>
    </message>
    <message>
      <source>Size</source>
      <translation>大小</translation>
    </message>
    <message>
      <source>Size and speed</source>
      <translation>大小与速度</translation>
    </message>
    <message>
      <source>Size of the weights</source>
      <translation>权重大小</translation>
    </message>
    <message>
      <source>Skip</source>
      <translation>跳过</translation>
    </message>
    <message>
      <source>Speculation is off</source>
      <translation>投机解码已关</translation>
    </message>
    <message>
      <source>Speculation is off: {why}</source>
      <translation>投机解码已关：{why}</translation>
    </message>
    <message>
      <source>Speculation is on: {drafter}</source>
      <translation>投机解码已开：{drafter}</translation>
    </message>
    <message>
      <source>Speed</source>
      <translation>速度</translation>
    </message>
    <message>
      <source>Speed by budget</source>
      <translation>各预算下的速度</translation>
    </message>
    <message>
      <source>Speed of one pass</source>
      <translation>一次前向的速度</translation>
    </message>
    <message>
      <source>Speed with {nodes} nodes</source>
      <translation>{nodes} 个节点时的速度</translation>
    </message>
    <message>
      <source>Start a new chat (Ctrl+N)</source>
      <translation>开始新对话 (Ctrl+N)</translation>
    </message>
    <message>
      <source>Step</source>
      <translation>步</translation>
    </message>
    <message>
      <source>Step before (Page Up)</source>
      <translation>上一步 (Page Up)</translation>
    </message>
    <message>
      <source>Step {step}</source>
      <translation>第 {step} 步</translation>
    </message>
    <message>
      <source>Step {step}: {accepted} of {nodes:,} nodes accepted, 1 token added by the target</source>
      <translation>第 {step} 步：{nodes:,} 个节点接受了 {accepted} 个，目标模型补上 1 个词元</translation>
    </message>
    <message>
      <source>Step {step}: {report}</source>
      <translation>第 {step} 步：{report}</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>停止</translation>
    </message>
    <message>
      <source>Stop loading</source>
      <translation>停止载入</translation>
    </message>
    <message>
      <source>Stop writing (Esc)</source>
      <translation>停止生成 (Esc)</translation>
    </message>
    <message>
      <source>Stop writing, or go back to the chat</source>
      <translation>停止生成，或返回对话</translation>
    </message>
    <message>
      <source>Stopped before the model was loaded.</source>
      <translation>模型载入之前已停止。</translation>
    </message>
    <message>
      <source>Stopped.</source>
      <translation>已停止。</translation>
    </message>
    <message>
      <source>Stopping.</source>
      <translation>正在停止。</translation>
    </message>
    <message>
      <source>System</source>
      <translation>系统</translation>
    </message>
    <message>
      <source>System prompt</source>
      <translation>系统提示</translation>
    </message>
    <message>
      <source>System prompt of this chat</source>
      <translation>此对话的系统提示</translation>
    </message>
    <message>
      <source>System prompt: none</source>
      <translation>系统提示：无</translation>
    </message>
    <message>
      <source>Take away, with what has arrived</source>
      <translation>撤下，连同已下载的部分</translation>
    </message>
    <message>
      <source>Take off the list</source>
      <translation>从列表中移除</translation>
    </message>
    <message>
      <source>Takes effect at the next start.</source>
      <translation>下次启动时生效。</translation>
    </message>
    <message>
      <source>Temperature</source>
      <translation>温度</translation>
    </message>
    <message>
      <source>Text of the attachment</source>
      <translation>附件的文字</translation>
    </message>
    <message>
      <source>The alternative before</source>
      <translation>上一个版本</translation>
    </message>
    <message>
      <source>The answer is exactly the one that the big model would have written alone. It only comes sooner.</source>
      <translation>答案与大模型独自写出的完全相同，只是来得更快。</translation>
    </message>
    <message>
      <source>The best format</source>
      <translation>最佳格式</translation>
    </message>
    <message>
      <source>The best is the widest that is nearly as fast as any: narrower ones lose some of what a model can.</source>
      <translation>最佳是指速度接近最快的格式中位数最多的一种：位数越少，模型能力损失越多。</translation>
    </message>
    <message>
      <source>The best of the catalogue for this computer: {speed} tok/s, predicted.</source>
      <translation>目录中最适合这台电脑的模型：预计 {speed} tok/s。</translation>
    </message>
    <message>
      <source>The budget is {budget}.</source>
      <translation>预算为 {budget}。</translation>
    </message>
    <message>
      <source>The bytes of its weights and its draft's</source>
      <translation>权重和草稿模型的字节数</translation>
    </message>
    <message>
      <source>The card cannot be read: {strerror}.</source>
      <translation>无法读取说明：{strerror}。</translation>
    </message>
    <message>
      <source>The chance that the target comes this far: the product of the chances from the root on.</source>
      <translation>目标模型走到这里的概率：从根开始各概率之积。</translation>
    </message>
    <message>
      <source>The chance that the target takes the token here, by all sources, the noise and their record.</source>
      <translation>目标模型在此采用该词元的概率，依据全部来源、噪声和它们的记录。</translation>
    </message>
    <message>
      <source>The chats stay. This cannot be undone.</source>
      <translation>对话会保留。此操作无法撤销。</translation>
    </message>
    <message>
      <source>The context is full. Start a new chat, or plan a longer context.</source>
      <translation>上下文已满。请开始新对话，或规划更长的上下文。</translation>
    </message>
    <message>
      <source>The demo model knows the Python standard library and Penjing itself.</source>
      <translation>演示模型了解 Python 标准库和 Penjing 本身。</translation>
    </message>
    <message>
      <source>The demo pair came with Penjing: two small models that answer questions about Python. Larger ones are on the hub; the list there says how each would run on this machine.</source>
      <translation>Penjing 附带一对演示模型：两个能回答 Python 问题的小模型。更大的在 Hub 上；那里的列表会说明每个模型在这台电脑上的表现。</translation>
    </message>
    <message>
      <source>The demo pair needs no connection: it answers all the same.</source>
      <translation>演示模型不需要网络，照样可以回答。</translation>
    </message>
    <message>
      <source>The draft lives in {tier}, where layers compute: a step asks it several times, so that its bytes save more there than any layer's.</source>
      <translation>草稿模型放在各层计算所在的 {tier}：每一步要调用它多次，所以它的字节在那里比任何一层更划算。</translation>
    </message>
    <message>
      <source>The draft model with its own cache.</source>
      <translation>草稿模型及其缓存。</translation>
    </message>
    <message>
      <source>The draft streams from {tier} at each of its passes: its memory is free for other things, but drafting takes longer.</source>
      <translation>草稿模型每次运行都从 {tier} 流式读取：内存可作他用，但起草更慢。</translation>
    </message>
    <message>
      <source>The engine could not be started: {error}.</source>
      <translation>无法启动引擎：{error}。</translation>
    </message>
    <message>
      <source>The engine process itself, before anything is loaded.</source>
      <translation>载入任何东西之前的引擎进程本身。</translation>
    </message>
    <message>
      <source>The headers describe the weights.</source>
      <translation>文件头与权重相符。</translation>
    </message>
    <message>
      <source>The last time, Penjing did not end as it should.</source>
      <translation>上次 Penjing 没有正常结束。</translation>
    </message>
    <message>
      <source>The machine is being looked at.</source>
      <translation>正在查看这台电脑。</translation>
    </message>
    <message>
      <source>The model does not fit in the limits.</source>
      <translation>模型超出了限额，放不下。</translation>
    </message>
    <message>
      <source>The model sees nothing above this line. Show it all again</source>
      <translation>模型看不到此线以上的内容。重新全部显示</translation>
    </message>
    <message>
      <source>The models of this chat, {words}, are not here.</source>
      <translation>此对话的模型 {words} 不在这里。</translation>
    </message>
    <message>
      <source>The next alternative</source>
      <translation>下一个版本</translation>
    </message>
    <message>
      <source>The number format of its weights</source>
      <translation>其权重的数字格式</translation>
    </message>
    <message>
      <source>The pack for NVIDIA cards did not start, so the processor computes. {why}</source>
      <translation>NVIDIA 显卡支持包没有启动，因此由处理器计算。{why}</translation>
    </message>
    <message>
      <source>The pack for NVIDIA cards is in use from the next load on.</source>
      <translation>NVIDIA 显卡支持包从下次载入起使用。</translation>
    </message>
    <message>
      <source>The picture {path} cannot be written.</source>
      <translation>无法写入图片 {path}。</translation>
    </message>
    <message>
      <source>The plan as a table</source>
      <translation>以表格显示的方案</translation>
    </message>
    <message>
      <source>The plan for a computer with {parts}.</source>
      <translation>配有 {parts} 的电脑的方案。</translation>
    </message>
    <message>
      <source>The plan of {name} in {format}, which is not here.</source>
      <translation>{name}（{format}）的方案，此模型不在本机。</translation>
    </message>
    <message>
      <source>The question alone is too long.</source>
      <translation>问题本身就太长了。</translation>
    </message>
    <message>
      <source>The reply ended before its first step: write another trace.</source>
      <translation>回复在第一步之前就结束了：请另写一个轨迹。</translation>
    </message>
    <message>
      <source>The reply reached its limit of tokens.</source>
      <translation>回复已达到词元上限。</translation>
    </message>
    <message>
      <source>The same question with the same seed gets the same reply.</source>
      <translation>同样的问题、同样的种子，得到同样的回复。</translation>
    </message>
    <message>
      <source>The settings could not be saved: {strerror}.</source>
      <translation>无法保存设置：{strerror}。</translation>
    </message>
    <message>
      <source>The settings file {problem}.</source>
      <translation>设置文件{problem}。</translation>
    </message>
    <message>
      <source>The settings in {file} cannot be read: {strerror}.</source>
      <translation>无法读取 {file} 中的设置：{strerror}。</translation>
    </message>
    <message>
      <source>The target's pass over the tree.</source>
      <translation>目标模型对整棵树的一次前向。</translation>
    </message>
    <message>
      <source>The target's pass over the whole tree. Weights arrive meanwhile: the shorter of the two is hidden.</source>
      <translation>目标模型对整棵树的一次前向。权重同时到达：两者中较短的被掩盖。</translation>
    </message>
    <message>
      <source>The thicker the line, the likelier the draft thought the token.</source>
      <translation>线越粗，草稿认为该词元越可能。</translation>
    </message>
    <message>
      <source>The token's number in the vocabulary.</source>
      <translation>词元在词表中的编号。</translation>
    </message>
    <message>
      <source>The trees of replies are not kept: the settings say so.</source>
      <translation>按照设置，不保留回复的树。</translation>
    </message>
    <message>
      <source>The trees of this reply are not kept: it is from before they were, or others needed the room.</source>
      <translation>此回复的树没有保留：它写于保存树之前，或空间已让给其他回复。</translation>
    </message>
    <message>
      <source>The user guide is missing from this installation. Install Penjing again.</source>
      <translation>此安装缺少用户指南。请重新安装 Penjing。</translation>
    </message>
    <message>
      <source>The user guide is under Help (F1). These pages are there too: “First steps”.</source>
      <translation>用户指南在“帮助”(F1) 中，这几页也在那里：“入门”。</translation>
    </message>
    <message>
      <source>The {name} is {number}.</source>
      <translation>{name}为 {number}。</translation>
    </message>
    <message>
      <source>Theme</source>
      <translation>主题</translation>
    </message>
    <message>
      <source>There are none yet.</source>
      <translation>目前还没有。</translation>
    </message>
    <message>
      <source>There is no NVIDIA card here that Penjing could use, or its driver is not installed: the processor computes.</source>
      <translation>这里没有 Penjing 可用的 NVIDIA 显卡，或没有安装驱动程序：由处理器计算。</translation>
    </message>
    <message>
      <source>There is no draft model.</source>
      <translation>没有草稿模型。</translation>
    </message>
    <message>
      <source>They stay in the chat; the model no longer sees them.</source>
      <translation>它们仍留在对话里，只是模型不再看到。</translation>
    </message>
    <message>
      <source>They take {size} now, for one reply.</source>
      <translation>现在一个回复的树占 {size}。</translation>
    </message>
    <message>
      <source>They take {size} now, for {count:,} replies.</source>
      <translation>现在 {count:,} 个回复的树共占 {size}。</translation>
    </message>
    <message>
      <source>They take {size} now.</source>
      <translation>目前占用 {size}。</translation>
    </message>
    <message>
      <source>This chat's own</source>
      <translation>此对话自己的设置</translation>
    </message>
    <message>
      <source>This computer has an NVIDIA card. To compute on it, Penjing needs the CUDA build of PyTorch: a download of about 2.6 GB, {pack_bytes} on the drive. It goes into your own data folder and can be removed here.</source>
      <translation>这台电脑装有 NVIDIA 显卡。要用它计算，Penjing 需要 PyTorch 的 CUDA 版：下载约 2.6 GB，占用硬盘 {pack_bytes}。它放在您自己的数据文件夹中，可在此移除。</translation>
    </message>
    <message>
      <source>This is the newest version.</source>
      <translation>这已是最新版本。</translation>
    </message>
    <message>
      <source>This model is not on this computer.</source>
      <translation>此模型不在本机。</translation>
    </message>
    <message>
      <source>This plan is for another computer.</source>
      <translation>这个方案是为另一台电脑做的。</translation>
    </message>
    <message>
      <source>This plan is loaded.</source>
      <translation>这个方案已载入。</translation>
    </message>
    <message>
      <source>This reply was cut short.</source>
      <translation>这个回复被中断了。</translation>
    </message>
    <message>
      <source>This takes {ours} of RAM, and only {ram_available} are free: the computer may become slow, or end other programs.</source>
      <translation>这需要 {ours} 的 RAM，而空闲的只有 {ram_available}：电脑可能变慢，或结束其他程序。</translation>
    </message>
    <message>
      <source>This takes {tokens:,} tokens of a context of {context:,}. With {room} for the reply, that is {over:,} too many.</source>
      <translation>这需要 {tokens:,} 个词元，而上下文为 {context:,}。加上留给回复的 {room}，超出 {over:,} 个。</translation>
    </message>
    <message>
      <source>This version has no pack for NVIDIA cards on this system: the processor computes.</source>
      <translation>此版本在这个系统上没有 NVIDIA 显卡支持包：由处理器计算。</translation>
    </message>
    <message>
      <source>Throughput</source>
      <translation>吞吐量</translation>
    </message>
    <message>
      <source>Time of a step</source>
      <translation>一步的时间</translation>
    </message>
    <message>
      <source>Today</source>
      <translation>今天</translation>
    </message>
    <message>
      <source>Tokens per second</source>
      <translation>每秒词元数</translation>
    </message>
    <message>
      <source>Tokens per second = tokens per step / seconds of one step: {tokens_per_step:.1f} ({tokens_per_step_source}) / {step_seconds}. {pace_words}The first token is for a prompt of 512 tokens.</source>
      <translation>每秒词元数 = 每步词元数 / 一步的秒数：{tokens_per_step:.1f}（{tokens_per_step_source}）/ {step_seconds}。{pace_words}首个词元按 512 个词元的提示计。</translation>
    </message>
    <message>
      <source>Tokens per second by nodes per tree</source>
      <translation>各树节点数下的每秒词元数</translation>
    </message>
    <message>
      <source>Tokens per second that the plan predicts, with its draft and 8k of context: the middle of a range</source>
      <translation>方案预测的每秒词元数（配草稿模型、8k 上下文）：区间的中值</translation>
    </message>
    <message>
      <source>Tokens per step</source>
      <translation>每步词元数</translation>
    </message>
    <message>
      <source>Tokens that a conversation may hold: type 6000 or 8k.</source>
      <translation>一个对话可容纳的词元数：输入 6000 或 8k。</translation>
    </message>
    <message>
      <source>Traces (*.jsonl)</source>
      <translation>轨迹 (*.jsonl)</translation>
    </message>
    <message>
      <source>Traces (*.jsonl);;All (*)</source>
      <translation>轨迹 (*.jsonl);;全部 (*)</translation>
    </message>
    <message>
      <source>Traces, pictures, and how it is drawn</source>
      <translation>轨迹、图片和画法</translation>
    </message>
    <message>
      <source>Tree</source>
      <translation>树</translation>
    </message>
    <message>
      <source>Tree, plan and monitor</source>
      <translation>树、方案和监视器</translation>
    </message>
    <message>
      <source>Trees of replies</source>
      <translation>回复的树</translation>
    </message>
    <message>
      <source>Try again</source>
      <translation>重试</translation>
    </message>
    <message>
      <source>Two very small models came along. They know the documentation of Python's standard library and nothing else, answer at once, and need no download: the way to see everything at work.</source>
      <translation>随程序附带两个很小的模型。它们只懂 Python 标准库的文档，即刻作答，无需下载：这是看清一切如何运作的好办法。</translation>
    </message>
    <message>
      <source>Type to search Hugging Face for models. Nothing is sent before you do.</source>
      <translation>输入文字以搜索 Hugging Face。在此之前不会发送任何内容。</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>撤销</translation>
    </message>
    <message>
      <source>Unload</source>
      <translation>卸载</translation>
    </message>
    <message>
      <source>Unpin</source>
      <translation>取消置顶</translation>
    </message>
    <message>
      <source>Up to 4 GiB</source>
      <translation>4 GiB 以内</translation>
    </message>
    <message>
      <source>Use as target</source>
      <translation>用作目标模型</translation>
    </message>
    <message>
      <source>Use the nearest plan that fits</source>
      <translation>采用最接近且放得下的方案</translation>
    </message>
    <message>
      <source>VRAM limit</source>
      <translation>VRAM 限额</translation>
    </message>
    <message>
      <source>Value</source>
      <translation>数值</translation>
    </message>
    <message>
      <source>Versions</source>
      <translation>版本</translation>
    </message>
    <message>
      <source>Waiting for weights that had not arrived yet.</source>
      <translation>等待尚未到达的权重。</translation>
    </message>
    <message>
      <source>Waits for its turn</source>
      <translation>排队等待</translation>
    </message>
    <message>
      <source>Walking through the target's scores, and learning from them.</source>
      <translation>查看目标模型的打分，并从中学习。</translation>
    </message>
    <message>
      <source>Weighs</source>
      <translation>重量</translation>
    </message>
    <message>
      <source>Weights of the target that stay here.</source>
      <translation>留在此处的目标模型权重。</translation>
    </message>
    <message>
      <source>Well-known models</source>
      <translation>知名模型</translation>
    </message>
    <message>
      <source>Well-known models on a computer with {parts}.</source>
      <translation>配有 {parts} 的电脑上的知名模型。</translation>
    </message>
    <message>
      <source>Well-known models on this computer, each with the draft that makes it fastest. Another computer can be chosen in the plan, under “What if”.</source>
      <translation>知名模型在这台电脑上的表现，各配上最快的草稿模型。可在方案的“假如这台电脑有……”中选择另一台电脑。</translation>
    </message>
    <message>
      <source>What a pass computes with besides the weights.</source>
      <translation>一次前向除权重外所用的内存。</translation>
    </message>
    <message>
      <source>What has arrived is kept</source>
      <translation>已下载的部分会保留</translation>
    </message>
    <message>
      <source>What if this computer had …</source>
      <translation>假如这台电脑有…</translation>
    </message>
    <message>
      <source>What is new</source>
      <translation>新内容</translation>
    </message>
    <message>
      <source>What is there now is kept as an alternative.</source>
      <translation>现有的内容会作为另一个版本保留。</translation>
    </message>
    <message>
      <source>What it is called</source>
      <translation>它的名称</translation>
    </message>
    <message>
      <source>What it is called, the format of its weights, and the draft that makes it fastest</source>
      <translation>名称、权重格式，以及使它最快的草稿模型</translation>
    </message>
    <message>
      <source>What keys and values are kept in: half the bytes hold twice the context. If that is less than layers compute with, replies may differ.</source>
      <translation>键和值的存储格式：字节减半，可容纳的上下文加倍。若精度低于各层的计算精度，回复可能有所不同。</translation>
    </message>
    <message>
      <source>What nobody uses.</source>
      <translation>无人使用的部分。</translation>
    </message>
    <message>
      <source>What should be done?</source>
      <translation>要做什么？</translation>
    </message>
    <message>
      <source>What the engine holds on the graphics card.</source>
      <translation>引擎在显卡上占用的显存。</translation>
    </message>
    <message>
      <source>What the plan knows of the computer</source>
      <translation>方案所了解的这台电脑</translation>
    </message>
    <message>
      <source>What the source that was surest of the token gave it by itself.</source>
      <translation>对该词元最有把握的来源自己给出的概率。</translation>
    </message>
    <message>
      <source>What the target gives the token here, before temperature and filters.</source>
      <translation>目标模型在此给该词元的概率，在温度和筛选之前。</translation>
    </message>
    <message>
      <source>What this computer can run</source>
      <translation>这台电脑能运行什么</translation>
    </message>
    <message>
      <source>Where a model drafts for itself, 4-bit copies of its streamed layers are kept, and made only once.</source>
      <translation>模型为自己起草时，会保留其流式加载层的 4 位副本，且只需制作一次。</translation>
    </message>
    <message>
      <source>Where its weights would live, and which share would never have to travel</source>
      <translation>权重会放在哪里，以及多少无需传输</translation>
    </message>
    <message>
      <source>Where room runs out, the oldest go; the chats stay.</source>
      <translation>空间不足时，最早的先被清除；对话会保留。</translation>
    </message>
    <message>
      <source>Where the draft model lives.</source>
      <translation>草稿模型放在哪里。</translation>
    </message>
    <message>
      <source>Where to look</source>
      <translation>在哪里找</translation>
    </message>
    <message>
      <source>Which models are worth downloading?</source>
      <translation>哪些模型值得下载？</translation>
    </message>
    <message>
      <source>While a reply is written, you see here what the draft guessed and what the target took of it.</source>
      <translation>生成回复时，您会在这里看到草稿猜了什么、目标模型采用了什么。</translation>
    </message>
    <message>
      <source>Who guesses what comes next: a small model; the target itself, with 4-bit copies of the layers that stream; or nobody but memories of the text.</source>
      <translation>由谁猜测接下来的内容：一个小模型；目标模型自己，使用流式读取的层的 4 位副本；或者仅凭文本的记忆。</translation>
    </message>
    <message>
      <source>Who proposed the node; first who was surest of it.</source>
      <translation>谁提出了这个节点；最有把握的排在最前。</translation>
    </message>
    <message>
      <source>Whole tree (0, or double click)</source>
      <translation>整棵树（0，或双击）</translation>
    </message>
    <message>
      <source>Window</source>
      <translation>窗口</translation>
    </message>
    <message>
      <source>Worth downloading?</source>
      <translation>值得下载吗？</translation>
    </message>
    <message>
      <source>Write a number of tokens, such as 8k or 6000.</source>
      <translation>请填词元数，例如 8k 或 6000。</translation>
    </message>
    <message>
      <source>Write another reply</source>
      <translation>另写一个回复</translation>
    </message>
    <message>
      <source>Write auto or a number of nodes from 1 to 512.</source>
      <translation>请填“自动”，或 1 至 512 的节点数。</translation>
    </message>
    <message>
      <source>Written by {model}.</source>
      <translation>由 {model} 写成。</translation>
    </message>
    <message>
      <source>Written {begun} by Penjing {penjing}.
{asked}</source>
      <translation>由 Penjing {penjing} 写于 {begun}。
{asked}</translation>
    </message>
    <message>
      <source>Yesterday</source>
      <translation>昨天</translation>
    </message>
    <message>
      <source>You</source>
      <translation>您</translation>
    </message>
    <message>
      <source>Your chats will be kept here.</source>
      <translation>您的对话会保存在这里。</translation>
    </message>
    <message>
      <source>a clear loss; perplexity rises by 10 to 25 %, as llama.cpp measured it for Llama 3 8B</source>
      <translation>损失明显；按 llama.cpp 对 Llama 3 8B 的测量，困惑度上升 10% 到 25%</translation>
    </message>
    <message>
      <source>a large loss; perplexity rises by half and more, as llama.cpp measured it for Llama 3 8B</source>
      <translation>损失很大；按 llama.cpp 对 Llama 3 8B 的测量，困惑度上升一半以上</translation>
    </message>
    <message>
      <source>a small loss; perplexity rises by 3 to 8 %, as llama.cpp measured it for Llama 3 8B</source>
      <translation>损失较小；按 llama.cpp 对 Llama 3 8B 的测量，困惑度上升 3% 到 8%</translation>
    </message>
    <message>
      <source>a very small loss; perplexity rises by 1 to 2 %, as llama.cpp measured it for Llama 3 8B</source>
      <translation>损失很小；按 llama.cpp 对 Llama 3 8B 的测量，困惑度上升 1% 到 2%</translation>
    </message>
    <message>
      <source>accepted</source>
      <translation>已接受</translation>
    </message>
    <message>
      <source>activations</source>
      <translation>激活</translation>
    </message>
    <message>
      <source>added by the target itself</source>
      <translation>由目标模型自己补上</translation>
    </message>
    <message>
      <source>after a prompt of 512 tokens</source>
      <translation>在 512 个词元的提示之后</translation>
    </message>
    <message>
      <source>all</source>
      <translation>全部</translation>
    </message>
    <message>
      <source>all in {resident}</source>
      <translation>全部在{resident}中</translation>
    </message>
    <message>
      <source>as in general</source>
      <translation>与通用设置相同</translation>
    </message>
    <message>
      <source>as it is</source>
      <translation>保持现状</translation>
    </message>
    <message>
      <source>assumed</source>
      <translation>假定</translation>
    </message>
    <message>
      <source>assumed {tokens_per_step:.1f}</source>
      <translation>假定 {tokens_per_step:.1f}</translation>
    </message>
    <message>
      <source>auto</source>
      <translation>自动</translation>
    </message>
    <message>
      <source>budget</source>
      <translation>预算</translation>
    </message>
    <message>
      <source>bus</source>
      <translation>总线</translation>
    </message>
    <message>
      <source>cache</source>
      <translation>缓存</translation>
    </message>
    <message>
      <source>cannot be read ({error})</source>
      <translation>无法读取（{error}）</translation>
    </message>
    <message>
      <source>cannot be read ({where}: {first})</source>
      <translation>无法读取（{where}：{first}）</translation>
    </message>
    <message>
      <source>cannot be used</source>
      <translation>无法使用</translation>
    </message>
    <message>
      <source>chance</source>
      <translation>概率</translation>
    </message>
    <message>
      <source>choose</source>
      <translation>选择</translation>
    </message>
    <message>
      <source>chosen</source>
      <translation>已选</translation>
    </message>
    <message>
      <source>closed</source>
      <translation>已收起</translation>
    </message>
    <message>
      <source>comes with Penjing</source>
      <translation>随 Penjing 附带</translation>
    </message>
    <message>
      <source>committed</source>
      <translation>提交</translation>
    </message>
    <message>
      <source>compute</source>
      <translation>计算</translation>
    </message>
    <message>
      <source>computing</source>
      <translation>计算</translation>
    </message>
    <message>
      <source>context</source>
      <translation>上下文</translation>
    </message>
    <message>
      <source>depth</source>
      <translation>深度</translation>
    </message>
    <message>
      <source>does not fit</source>
      <translation>放不下</translation>
    </message>
    <message>
      <source>does not fit; {shortfall} too many</source>
      <translation>放不下；超出 {shortfall}</translation>
    </message>
    <message>
      <source>downloaded</source>
      <translation>已下载</translation>
    </message>
    <message>
      <source>draft</source>
      <translation>草稿</translation>
    </message>
    <message>
      <source>draft model</source>
      <translation>草稿模型</translation>
    </message>
    <message>
      <source>draft's rank</source>
      <translation>草稿排名</translation>
    </message>
    <message>
      <source>drafted by {source}, accepted by the target</source>
      <translation>由{source}起草，目标模型接受</translation>
    </message>
    <message>
      <source>drafted, not taken</source>
      <translation>已起草，未采用</translation>
    </message>
    <message>
      <source>drafted, not taken, such as {examples}</source>
      <translation>已起草，未采用，例如 {examples}</translation>
    </message>
    <message>
      <source>drive {value:.1f} GB/s</source>
      <translation>硬盘 {value:.1f} GB/s</translation>
    </message>
    <message>
      <source>early exit</source>
      <translation>提前退出</translation>
    </message>
    <message>
      <source>engine</source>
      <translation>引擎</translation>
    </message>
    <message>
      <source>first after {seconds_to_first_token:.2f} s</source>
      <translation>首个用时 {seconds_to_first_token:.2f} 秒</translation>
    </message>
    <message>
      <source>first token after {first_token}</source>
      <translation>首个词元在 {first_token} 后</translation>
    </message>
    <message>
      <source>free {free}</source>
      <translation>空闲 {free}</translation>
    </message>
    <message>
      <source>full precision</source>
      <translation>全精度</translation>
    </message>
    <message>
      <source>graphics memory</source>
      <translation>显存</translation>
    </message>
    <message>
      <source>hardly any loss; perplexity rises by less than 1 %, as llama.cpp measured it for Llama 3 8B</source>
      <translation>几乎没有损失；按 llama.cpp 对 Llama 3 8B 的测量，困惑度上升不到 1%</translation>
    </message>
    <message>
      <source>hidden</source>
      <translation>被掩盖</translation>
    </message>
    <message>
      <source>id</source>
      <translation>编号</translation>
    </message>
    <message>
      <source>in RAM</source>
      <translation>在 RAM 中</translation>
    </message>
    <message>
      <source>installed</source>
      <translation>已安装</translation>
    </message>
    <message>
      <source>is of version {version}, and this Penjing knows version {known}</source>
      <translation>是第 {version} 版，而此 Penjing 只认识第 {known} 版</translation>
    </message>
    <message>
      <source>layers that stay in memory</source>
      <translation>留在内存中的层</translation>
    </message>
    <message>
      <source>layers that stream from the drive, once for the whole tree</source>
      <translation>从硬盘流过的层，整棵树只需一次</translation>
    </message>
    <message>
      <source>licence to accept</source>
      <translation>须接受许可证</translation>
    </message>
    <message>
      <source>likelier</source>
      <translation>更可能</translation>
    </message>
    <message>
      <source>limited by {limit}</source>
      <translation>受限于{limit}</translation>
    </message>
    <message>
      <source>loaded</source>
      <translation>已载入</translation>
    </message>
    <message>
      <source>loading</source>
      <translation>正在载入</translation>
    </message>
    <message>
      <source>mean {accepted_mean:.1f} + 1</source>
      <translation>平均 {accepted_mean:.1f} + 1</translation>
    </message>
    <message>
      <source>measured</source>
      <translation>实测</translation>
    </message>
    <message>
      <source>measured {when}</source>
      <translation>测量于 {when}</translation>
    </message>
    <message>
      <source>memories</source>
      <translation>记忆</translation>
    </message>
    <message>
      <source>memory bandwidth</source>
      <translation>内存带宽</translation>
    </message>
    <message>
      <source>needs more disk</source>
      <translation>需要更多硬盘空间</translation>
    </message>
    <message>
      <source>new for each reply</source>
      <translation>每次回复都换新</translation>
    </message>
    <message>
      <source>no access yet</source>
      <translation>尚无权限</translation>
    </message>
    <message>
      <source>no graphics card</source>
      <translation>无显卡</translation>
    </message>
    <message>
      <source>no graphics card that can compute</source>
      <translation>没有可用于计算的显卡</translation>
    </message>
    <message>
      <source>no limit</source>
      <translation>不限</translation>
    </message>
    <message>
      <source>no loss to speak of against full precision</source>
      <translation>与全精度相比几乎没有可察觉的损失</translation>
    </message>
    <message>
      <source>no model is loaded</source>
      <translation>没有载入模型</translation>
    </message>
    <message>
      <source>no more memory</source>
      <translation>不多用内存</translation>
    </message>
    <message>
      <source>no speed</source>
      <translation>无速度</translation>
    </message>
    <message>
      <source>no step yet</source>
      <translation>还没有步</translation>
    </message>
    <message>
      <source>no: it continues texts, and was not made for conversations</source>
      <translation>无：它续写文字，不是为对话而做</translation>
    </message>
    <message>
      <source>nodes</source>
      <translation>节点</translation>
    </message>
    <message>
      <source>none</source>
      <translation>无</translation>
    </message>
    <message>
      <source>not among the nodes drafted here</source>
      <translation>不在此处起草的节点之中</translation>
    </message>
    <message>
      <source>not known</source>
      <translation>未知</translation>
    </message>
    <message>
      <source>not loaded</source>
      <translation>未载入</translation>
    </message>
    <message>
      <source>not started yet</source>
      <translation>尚未启动</translation>
    </message>
    <message>
      <source>not stated</source>
      <translation>未说明</translation>
    </message>
    <message>
      <source>not taken</source>
      <translation>未采用</translation>
    </message>
    <message>
      <source>nothing is read while writing</source>
      <translation>生成时不读取</translation>
    </message>
    <message>
      <source>now</source>
      <translation>现在</translation>
    </message>
    <message>
      <source>of {count}</source>
      <translation>共 {count}</translation>
    </message>
    <message>
      <source>of {total} in all</source>
      <translation>共 {total}</translation>
    </message>
    <message>
      <source>on the drive</source>
      <translation>在硬盘上</translation>
    </message>
    <message>
      <source>open</source>
      <translation>已展开</translation>
    </message>
    <message>
      <source>others</source>
      <translation>其他</translation>
    </message>
    <message>
      <source>predicted</source>
      <translation>预计</translation>
    </message>
    <message>
      <source>predicted {low}</source>
      <translation>预计 {low}</translation>
    </message>
    <message>
      <source>predicted {low} to {high}</source>
      <translation>预计 {low} 至 {high}</translation>
    </message>
    <message>
      <source>predicted {middle}{measured} tok/s</source>
      <translation>预计 {middle}{measured} tok/s</translation>
    </message>
    <message>
      <source>predicted {ours}</source>
      <translation>预计 {ours}</translation>
    </message>
    <message>
      <source>predicted {rate}</source>
      <translation>预计 {rate}</translation>
    </message>
    <message>
      <source>predicted {total}</source>
      <translation>预计 {total}</translation>
    </message>
    <message>
      <source>prompt lookup</source>
      <translation>提示查找</translation>
    </message>
    <message>
      <source>recalled</source>
      <translation>凭记忆</translation>
    </message>
    <message>
      <source>reckoned</source>
      <translation>推算</translation>
    </message>
    <message>
      <source>reserve</source>
      <translation>预留</translation>
    </message>
    <message>
      <source>resident</source>
      <translation>常驻</translation>
    </message>
    <message>
      <source>resident in</source>
      <translation>常驻于</translation>
    </message>
    <message>
      <source>resident in {tier}</source>
      <translation>常驻于 {tier}</translation>
    </message>
    <message>
      <source>root</source>
      <translation>根</translation>
    </message>
    <message>
      <source>root: the last committed token</source>
      <translation>根：最后提交的词元</translation>
    </message>
    <message>
      <source>runs behind another</source>
      <translation>与其他部分同时进行</translation>
    </message>
    <message>
      <source>sample</source>
      <translation>采样</translation>
    </message>
    <message>
      <source>seed {seed}</source>
      <translation>种子 {seed}</translation>
    </message>
    <message>
      <source>self-draft</source>
      <translation>自起草</translation>
    </message>
    <message>
      <source>source</source>
      <translation>来源</translation>
    </message>
    <message>
      <source>speculation off</source>
      <translation>投机解码已关</translation>
    </message>
    <message>
      <source>speculation on: {drafter}</source>
      <translation>投机解码已开：{drafter}</translation>
    </message>
    <message>
      <source>speculation: {speculation_why}</source>
      <translation>投机解码：{speculation_why}</translation>
    </message>
    <message>
      <source>staging</source>
      <translation>暂存</translation>
    </message>
    <message>
      <source>state</source>
      <translation>状态</translation>
    </message>
    <message>
      <source>step {index:,} of {count:,}</source>
      <translation>第 {index:,} 步，共 {count:,} 步</translation>
    </message>
    <message>
      <source>stream</source>
      <translation>传输</translation>
    </message>
    <message>
      <source>stream wait</source>
      <translation>等待权重</translation>
    </message>
    <message>
      <source>streamed at its passes</source>
      <translation>每次运行时流式读取</translation>
    </message>
    <message>
      <source>streamed from</source>
      <translation>流式读自</translation>
    </message>
    <message>
      <source>streamed from {tier}</source>
      <translation>从 {tier} 流式读入</translation>
    </message>
    <message>
      <source>suggested</source>
      <translation>建议</translation>
    </message>
    <message>
      <source>target</source>
      <translation>目标</translation>
    </message>
    <message>
      <source>target's own</source>
      <translation>目标自选</translation>
    </message>
    <message>
      <source>target's rank</source>
      <translation>目标排名</translation>
    </message>
    <message>
      <source>text so far</source>
      <translation>到此的文字</translation>
    </message>
    <message>
      <source>the bus</source>
      <translation>总线</translation>
    </message>
    <message>
      <source>the drive</source>
      <translation>硬盘</translation>
    </message>
    <message>
      <source>the fastest budget, or the one that was set</source>
      <translation>最快的预算，或设定的预算</translation>
    </message>
    <message>
      <source>the file</source>
      <translation>该文件</translation>
    </message>
    <message>
      <source>the last reply</source>
      <translation>最近一个回复</translation>
    </message>
    <message>
      <source>the last {count} replies</source>
      <translation>最近 {count} 个回复</translation>
    </message>
    <message>
      <source>the model</source>
      <translation>模型</translation>
    </message>
    <message>
      <source>the plan does not fit</source>
      <translation>方案放不下</translation>
    </message>
    <message>
      <source>the target added {exit_text}</source>
      <translation>目标模型补上了 {exit_text}</translation>
    </message>
    <message>
      <source>the target itself</source>
      <translation>目标模型自己</translation>
    </message>
    <message>
      <source>the target's own choice</source>
      <translation>目标模型自己的选择</translation>
    </message>
    <message>
      <source>the target's own choice: {why}</source>
      <translation>目标模型自己的选择：{why}</translation>
    </message>
    <message>
      <source>the tree ended here</source>
      <translation>树到此为止</translation>
    </message>
    <message>
      <source>time</source>
      <translation>时间</translation>
    </message>
    <message>
      <source>tok/s: tokens per second of decoding, the first step left out.
per step: tokens committed by one pass of the target, its own token included.
first after: seconds from the question to the first token.</source>
      <translation>tok/s：解码时每秒的词元数，不计第一步。
每步：目标模型一次前向提交的词元数，含它自己的那一个。
首个用时：从提问到第一个词元的秒数。</translation>
    </message>
    <message>
      <source>tok/s: tokens per second while decoding.
per step: tokens committed by one pass of the target, its own token included.</source>
      <translation>tok/s：解码时每秒的词元数。
每步：目标模型一次前向提交的词元数，含它自己的那一个。</translation>
    </message>
    <message>
      <source>token</source>
      <translation>词元</translation>
    </message>
    <message>
      <source>token recycling</source>
      <translation>词元回收</translation>
    </message>
    <message>
      <source>unsourced</source>
      <translation>无来源</translation>
    </message>
    <message>
      <source>vendor's</source>
      <translation>厂商数据</translation>
    </message>
    <message>
      <source>weights</source>
      <translation>权重</translation>
    </message>
    <message>
      <source>what they are kept in, and where</source>
      <translation>存储格式和位置</translation>
    </message>
    <message>
      <source>where they live</source>
      <translation>所在之处</translation>
    </message>
    <message>
      <source>whole path</source>
      <translation>全程</translation>
    </message>
    <message>
      <source>window</source>
      <translation>窗口</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>有</translation>
    </message>
    <message>
      <source>your folder</source>
      <translation>您的文件夹</translation>
    </message>
    <message>
      <source>{accepted} of {nodes}, {seconds}</source>
      <translation>{nodes} 中的 {accepted}，{seconds}</translation>
    </message>
    <message>
      <source>{all} and {last}</source>
      <translation>{all}和{last}</translation>
    </message>
    <message>
      <source>{bits:.1f} bits a weight: {share:.0f} % of bf16, so up to {times:.1f} times as fast where layers stream, and no faster where they stay in memory</source>
      <translation>每个权重 {bits:.1f} 位：是 bf16 的 {share:.0f}%，因此在流式读取层时最快可达 {times:.1f} 倍，而留在内存中的层不会更快</translation>
    </message>
    <message>
      <source>{context} tokens</source>
      <translation>{context} 个词元</translation>
    </message>
    <message>
      <source>{cores} cores · {memory} · {cards} · {drive}</source>
      <translation>{cores} 核 · {memory} · {cards} · {drive}</translation>
    </message>
    <message>
      <source>{count} chats</source>
      <translation>{count} 个对话</translation>
    </message>
    <message>
      <source>{count} compared.</source>
      <translation>已比较 {count} 个。</translation>
    </message>
    <message>
      <source>{count} improbable nodes</source>
      <translation>{count} 个不太可能的节点</translation>
    </message>
    <message>
      <source>{count} interrupted downloads go on.</source>
      <translation>{count} 个中断的下载正在继续。</translation>
    </message>
    <message>
      <source>{count} of {count2} layers {source}</source>
      <translation>{count2} 层中的 {count} 层{source}</translation>
    </message>
    <message>
      <source>{count} shapes</source>
      <translation>{count} 种形状</translation>
    </message>
    <message>
      <source>{count} tokens</source>
      <translation>{count} 个词元</translation>
    </message>
    <message>
      <source>{cpu}, {cores} cores</source>
      <translation>{cpu}，{cores} 核</translation>
    </message>
    <message>
      <source>{done} of {total}</source>
      <translation>{done} / {total}</translation>
    </message>
    <message>
      <source>{downloads:,} downloads, {likes:,} likes</source>
      <translation>{downloads:,} 次下载，{likes:,} 个赞</translation>
    </message>
    <message>
      <source>{downloads} downloads</source>
      <translation>{downloads} 次下载</translation>
    </message>
    <message>
      <source>{drafted:,} nodes drafted, {depth} deep</source>
      <translation>起草了 {drafted:,} 个节点，深 {depth} 层</translation>
    </message>
    <message>
      <source>{files} For {unknown} files nothing says what they should hold.</source>
      <translation>{files} 有 {unknown} 个文件没有可对照的记录。</translation>
    </message>
    <message>
      <source>{file} cannot be written: {strerror}.</source>
      <translation>无法写入 {file}：{strerror}。</translation>
    </message>
    <message>
      <source>{format}, draft {draft}</source>
      <translation>{format}，草稿 {draft}</translation>
    </message>
    <message>
      <source>{format}, drafts for itself</source>
      <translation>{format}，自行起草</translation>
    </message>
    <message>
      <source>{format}, no draft</source>
      <translation>{format}，无草稿</translation>
    </message>
    <message>
      <source>{freed} become free.{shared} It cannot be undone, but downloaded again.</source>
      <translation>将腾出 {freed}。{shared}此操作无法撤销，但可以重新下载。</translation>
    </message>
    <message>
      <source>{free} of {total} free</source>
      <translation>共 {total}，空闲 {free}</translation>
    </message>
    <message>
      <source>{index} of {last}</source>
      <translation>{index} / {last}</translation>
    </message>
    <message>
      <source>{lines:,} lines</source>
      <translation>{lines:,} 行</translation>
    </message>
    <message>
      <source>{low:.1f} to {high:.1f} tok/s</source>
      <translation>{low:.1f} 至 {high:.1f} tok/s</translation>
    </message>
    <message>
      <source>{low:.2g} to {high:.2g} tok/s</source>
      <translation>{low:.2g} 至 {high:.2g} tok/s</translation>
    </message>
    <message>
      <source>{low} to {high} tok/s</source>
      <translation>{low} 至 {high} tok/s</translation>
    </message>
    <message>
      <source>{memory}, {speed}, and the model is loaded anew</source>
      <translation>{memory}，{speed}，并且模型会重新载入</translation>
    </message>
    <message>
      <source>{more} more memory</source>
      <translation>多用 {more} 内存</translation>
    </message>
    <message>
      <source>{name}  {done} of {size}</source>
      <translation>{name}  {done} / {size}</translation>
    </message>
    <message>
      <source>{name} cannot be read: {error}.</source>
      <translation>无法读取 {name}：{error}。</translation>
    </message>
    <message>
      <source>{name} {title}
{parts}, free {free}</source>
      <translation>{name} {title}
{parts}，空闲 {free}</translation>
    </message>
    <message>
      <source>{name}, no draft</source>
      <translation>{name}，无草稿模型</translation>
    </message>
    <message>
      <source>{nodes} nodes per tree: {rates} tokens per second{best}.</source>
      <translation>每棵树 {nodes} 个节点：每秒 {rates} 个词元{best}。</translation>
    </message>
    <message>
      <source>{nodes} nodes: {rate} tokens per second</source>
      <translation>{nodes} 个节点：每秒 {rate} 个词元</translation>
    </message>
    <message>
      <source>{nodes}. Accepted {path}, {ended}.</source>
      <translation>{nodes}。接受了 {path}，{ended}。</translation>
    </message>
    <message>
      <source>{nodes}. None was accepted; {ended}.</source>
      <translation>{nodes}。没有一个被接受；{ended}。</translation>
    </message>
    <message>
      <source>{pace:.2f} times the above, as earlier runs took</source>
      <translation>为以上的 {pace:.2f} 倍，依以往运行</translation>
    </message>
    <message>
      <source>{parameters} parameters</source>
      <translation>{parameters} 参数</translation>
    </message>
    <message>
      <source>{parameters} parameters in {layers} layers, {bytes}</source>
      <translation>{layers} 层，{parameters} 参数，{bytes}</translation>
    </message>
    <message>
      <source>{parameters} parameters · {layers} layers · {bytes} · {precision} · context {context}</source>
      <translation>{parameters} 参数 · {layers} 层 · {bytes} · {precision} · 上下文 {context}</translation>
    </message>
    <message>
      <source>{path} holds no step.</source>
      <translation>{path} 中没有任何一步。</translation>
    </message>
    <message>
      <source>{ram_available} of {ram_total} RAM free</source>
      <translation>RAM {ram_total}，空闲 {ram_available}</translation>
    </message>
    <message>
      <source>{range}: {tokens:.1f} tokens per step ({source})</source>
      <translation>{range}：每步 {tokens:.1f} 个词元（{source}）</translation>
    </message>
    <message>
      <source>{ranks} of {siblings}</source>
      <translation>{siblings} 中第 {ranks}</translation>
    </message>
    <message>
      <source>{repository} could not be downloaded.</source>
      <translation>无法下载 {repository}。</translation>
    </message>
    <message>
      <source>{repository} is here and ready to use.</source>
      <translation>{repository} 已就绪。</translation>
    </message>
    <message>
      <source>{says} (Space)</source>
      <translation>{says}（空格键）</translation>
    </message>
    <message>
      <source>{says}. Choose models (Ctrl+L)</source>
      <translation>{says}。选择模型 (Ctrl+L)</translation>
    </message>
    <message>
      <source>{share:.0%} resident</source>
      <translation>{share:.0%} 常驻</translation>
    </message>
    <message>
      <source>{speed:g} steps a second</source>
      <translation>每秒 {speed:g} 步</translation>
    </message>
    <message>
      <source>{taken} of {total}</source>
      <translation>{taken} / {total}</translation>
    </message>
    <message>
      <source>{taken} read at every pass</source>
      <translation>每次前向读取 {taken}</translation>
    </message>
    <message>
      <source>{taken}, above the limit of {limit}</source>
      <translation>{taken}，超过限额 {limit}</translation>
    </message>
    <message>
      <source>{target} with {draft} as its draft, {size}</source>
      <translation>{target}，以 {draft} 为草稿模型，{size}</translation>
    </message>
    <message>
      <source>{text!r} is no {name}.</source>
      <translation>“{text}”不能用作{name}。</translation>
    </message>
    <message>
      <source>{tier}: limit</source>
      <translation>{tier}：限额</translation>
    </message>
    <message>
      <source>{title} (copy)</source>
      <translation>{title}（副本）</translation>
    </message>
    <message>
      <source>{title} with {total_bytes}</source>
      <translation>{title}（{total_bytes}）</translation>
    </message>
    <message>
      <source>{title}, {state}. {facts}. Text so far: {text}</source>
      <translation>{title}，{state}。{facts}。到此为止的文字：{text}</translation>
    </message>
    <message>
      <source>{tokens:,} of {context:,} tokens of the context</source>
      <translation>上下文 {context:,} 个词元，已用 {tokens:,} 个</translation>
    </message>
    <message>
      <source>{tokens:,} tokens</source>
      <translation>{tokens:,} 个词元</translation>
    </message>
    <message>
      <source>{tokens_per_step:.1f} per step</source>
      <translation>每步 {tokens_per_step:.1f}</translation>
    </message>
    <message>
      <source>{tokens_per_step} per step</source>
      <translation>每步 {tokens_per_step}</translation>
    </message>
    <message>
      <source>{used} of {total}</source>
      <translation>{used} / {total}</translation>
    </message>
    <message>
      <source>{value:.0f} to {value2:.0f} s a token</source>
      <translation>每个词元 {value:.0f} 至 {value2:.0f} 秒</translation>
    </message>
    <message>
      <source>“{text}”: {origin}.
Step {step} of {count}: a tree of {nodes} nodes, {accepted} accepted, {count2} committed.
Click to see its tree.</source>
      <translation>“{text}”：{origin}。
第 {step} 步，共 {count} 步：树有 {nodes} 个节点，接受 {accepted} 个，提交 {count2} 个。
点击查看这棵树。</translation>
    </message>
    <message>
      <source>… of ordinary memory</source>
      <translation>……从普通内存</translation>
    </message>
  </context>
</TS>
